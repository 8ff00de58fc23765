/** One survey: opened by an invitation, a link or its name, answered in any order of sittings, sent once. */
import { RequestError } from '../../services/request'
import {
  type Answer,
  type Answers,
  type Form,
  keepDraft,
  openSurvey,
  type Question,
  submitSurvey,
  type Way,
} from '../../services/surveys'
import { failureOf, NOTHING_THERE } from '../../utils/loading'
import { problemOf, type Status } from '../../utils/views'
import { askedOf } from './branching'
import { keepable, problemsOf, problemWords } from './checks'
import { forget, type Kept, keep, keyOf, readKept } from './kept'

interface Shown {
  id: string
  question: Question
  answer: Answer | null
  problem: string
  /** Where another survey of the form begins. */
  part: string
}

/** After the last change, so that typing isn't a request a letter. */
const KEEP_MS = 800
const KEPT = '已自动保存，可以随时离开再继续'
const KEPT_HERE = '已保存在这部手机上'
/** Why there is nothing to answer; any other failure may pass. */
const OVER = new Set(['survey_answered', 'survey_closed', 'survey_not_found'])

function wayOf({ invitationId, token, surveyId }: Record<string, string | undefined>): Way | null {
  if (invitationId) return { invitationId }
  if (token) return { token }
  return surveyId ? { surveyId } : null
}

const isOver = (error: unknown): error is RequestError => error instanceof RequestError && OVER.has(error.code)

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    /** It was sent just now. */
    isThanked: false,
    /** What stands in the way of sending it. */
    words: '',
    key: '',
    title: '',
    intro: '',
    isAnonymous: false,
    isSending: false,
    keptWords: '',
    shown: [] as Shown[],
  },
  way: null as Way | null,
  form: null as Form | null,
  kept: null as Kept | null,
  problems: {} as Record<string, string>,
  /** Photos on their way, by question. */
  going: {} as Record<string, number>,
  timer: 0,
  saving: null as Promise<void> | null,

  onLoad(query) {
    this.way = wayOf(query)
    void this.load()
  },
  onHide() {
    void this.save()
  },
  onUnload() {
    void this.save()
  },

  async load() {
    const { way } = this
    if (!way) return this.setData(NOTHING_THERE)
    this.setData({ status: 'loading', problem: '', words: '' })
    try {
      const { survey, answers, revision, invitation } = await openSurvey(way)
      if (invitation?.status === 'answered') {
        forget(way)
        return this.end('这份问卷您已经提交过了，谢谢您。')
      }
      if (invitation && invitation.status !== 'open') return this.end('这份问卷已经截止，感谢您的关注。')
      const before = readKept(way)
      // What this phone has and the server lacks was said last.
      this.kept = {
        ...before,
        answers: before.isSaved && invitation ? answers : { ...answers, ...before.answers },
        revision,
      }
      this.form = survey
      this.problems = {}
      const { title, intro, anonymous } = survey
      this.setData({ status: 'ready', key: keyOf(way), title, intro, isAnonymous: anonymous, keptWords: '' })
      this.draw()
    } catch (error) {
      if (isOver(error)) this.end(error.message)
      else this.setData(failureOf(error))
    }
  },

  end(problem: string, isThanked = false) {
    this.setData({ status: 'over', problem, isThanked, isSending: false })
  },

  answers(): Answers {
    return this.kept?.answers ?? {}
  },
  asked(): Question[] {
    return askedOf(this.form?.questions ?? [], this.answers())
  },

  /** Everything anew: when a branch opens or closes, or problems come or go. */
  draw() {
    const { form, problems } = this
    const parts = form && form.parts.length > 1 ? form.parts : []
    let last = ''
    const shown = this.asked().map((question): Shown => {
      const name = question.id.split('.')[0] ?? ''
      const part = name === last ? '' : (parts.find(({ id }) => id === name)?.title ?? '')
      last = name
      const { id } = question
      return { id, question, answer: this.answers()[id] ?? null, problem: problems[id] ?? '', part }
    })
    this.setData({ shown })
  },

  answer({ detail: { id, answer } }: WechatMiniprogram.CustomEvent<{ id: string; answer: Answer | null }>) {
    const { way, kept } = this
    if (!way || !kept || this.data.isSending) return
    const { [id]: _, ...others } = kept.answers
    kept.answers = answer === null ? others : { ...others, [id]: answer }
    kept.isSaved = false
    keep(way, kept)
    delete this.problems[id]
    const at = this.data.shown.findIndex((one) => one.id === id)
    const isSameForm =
      this.asked()
        .map((one) => one.id)
        .join() === this.data.shown.map((one) => one.id).join()
    if (isSameForm)
      this.setData({ [`shown[${at}].answer`]: answer, [`shown[${at}].problem`]: '', keptWords: KEPT_HERE })
    else this.draw()
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.save(), KEEP_MS)
  },

  follow({ detail: { id, count } }: WechatMiniprogram.CustomEvent<{ id: string; count: number }>) {
    this.going[id] = count
  },

  /** Half-finished answers to the server; one request at a time, so that revisions follow each other. */
  async save(): Promise<void> {
    clearTimeout(this.timer)
    if (this.saving) {
      await this.saving
      return this.save()
    }
    const { way, kept, form } = this
    if (!way || !kept || !form || kept.isSaved || 'surveyId' in way || this.data.isSending) return
    this.saving = this.put(way, kept, form).finally(() => {
      this.saving = null
    })
    return this.saving
  },

  async put(way: Way, kept: Kept, form: Form) {
    const sent = kept.answers
    try {
      const { revision } = await keepDraft(way, keepable(form.questions, sent), kept.revision)
      kept.revision = revision
      kept.isSaved = kept.answers === sent
      keep(way, kept)
      if (this.data.status === 'ready') this.setData({ keptWords: KEPT })
    } catch (error) {
      // Meanwhile the answers were sent.
      if (this.kept !== kept) return
      if (isOver(error)) return this.end(error.message)
      if (!(error instanceof RequestError) || error.code !== 'survey_draft_outdated') return
      // Another device of the same person was later: its answers stay where this one has said nothing.
      const { answers, revision } = await openSurvey(way).catch(() => ({ answers: {}, revision: kept.revision }))
      kept.answers = { ...answers, ...kept.answers }
      kept.revision = revision
      this.draw()
      this.timer = setTimeout(() => void this.save(), KEEP_MS)
    }
  },

  async submit() {
    const { way, kept } = this
    // A second tap comes before the button is drawn as waiting.
    if (!way || !kept || this.data.isSending) return
    this.problems = problemsOf(this.asked(), kept.answers)
    for (const { id } of this.asked()) if (this.going[id]) this.problems[id] = problemWords('photo_going')
    if (Object.keys(this.problems).length > 0) return this.point()
    clearTimeout(this.timer)
    this.setData({ isSending: true, words: '' })
    keep(way, kept)
    try {
      const { thanks } = await submitSurvey(way, kept.submissionId, keepable(this.asked(), kept.answers))
      forget(way)
      this.kept = null
      this.end(thanks, true)
      void wx.pageScrollTo({ scrollTop: 0, duration: 0 })
    } catch (error) {
      this.setData({ isSending: false })
      this.refuse(way, error)
    }
  },

  refuse(way: Way, error: unknown) {
    const words = problemOf(error)
    if (isOver(error)) {
      forget(way)
      this.kept = null
      return this.end(words)
    }
    const problems = error instanceof RequestError ? error.details.problems : undefined
    if (!Array.isArray(problems)) return this.setData({ words: `${words}。您的回答已经保存，不会丢失。` })
    for (const { question, code } of problems as { question: string; code: string }[])
      this.problems[question] = problemWords(code)
    this.point()
  },

  /** Shows what is wrong, and goes to the first of it. */
  point() {
    this.draw()
    const at = this.data.shown.findIndex(({ problem }) => problem !== '')
    this.setData({ words: '还有题目需要您补充，已为您标出。' })
    if (at >= 0) void wx.pageScrollTo({ selector: `#q${at}`, duration: 0 })
  },

  leave() {
    void wx.reLaunch({ url: '/pages/home/index' })
  },
})
