/** A complaint or an opinion, with evidence; its number comes at once. */
import {
  type ComplaintInput,
  type ComplaintKind,
  type ComplaintType,
  fileComplaint,
} from '../../../services/complaints'
import { getPhotoGuide } from '../../../services/photos'
import { readable } from '../../../utils/readable'
import { problemOf } from '../../../utils/views'
import { TYPES } from '../words'
import { forgetDraft, keepDraft, readDraft, toSend } from './kept'

type Tap = WechatMiniprogram.TouchEvent<
  WechatMiniprogram.IAnyObject,
  WechatMiniprogram.IAnyObject,
  { id: ComplaintType; kind: ComplaintKind }
>
type Typed = WechatMiniprogram.CustomEvent<{ value: string }>

const STILL_GOING = '还有照片没有发送完，请稍等，或先移除再提交。'
const NONE = { id: '', name: '与某次治疗无关' }

Page({
  data: {
    draft: readDraft(),
    types: TYPES,
    treatments: [NONE],
    treatmentAt: 0,
    problems: {} as { type?: string; words?: string },
    problem: '',
    isSending: false,
  },

  /** Photos on their way. */
  going: 0,

  onLoad({ kind }) {
    const draft = readDraft()
    if (kind === 'opinion' && draft.words === '') draft.kind = 'opinion'
    this.setData({ draft })
    void this.loadTreatments()
  },
  /** Without them one can still complain. */
  async loadTreatments() {
    const guide = await getPhotoGuide(null).catch(() => null)
    const treatments = [
      NONE,
      ...(guide?.treatments ?? []).map(({ treatmentId, name, treatedOn }) => ({
        id: treatmentId,
        name: `${name}（${treatedOn}）`,
      })),
    ]
    const at = treatments.findIndex(({ id }) => id === (this.data.draft.treatmentId ?? ''))
    this.setData({ treatments, treatmentAt: Math.max(at, 0) })
  },

  say(facts: Partial<ComplaintInput>) {
    const draft = { ...this.data.draft, ...facts }
    keepDraft(draft)
    this.setData({ draft, problem: '' })
  },
  turn({ currentTarget }: Tap) {
    this.say({ kind: currentTarget.dataset.kind })
  },
  pickType({ currentTarget }: Tap) {
    this.say({ type: currentTarget.dataset.id })
    this.setData({ 'problems.type': '' })
  },
  typeWords({ detail }: Typed) {
    this.say({ words: detail.value })
    this.setData({ 'problems.words': '' })
  },
  typeDemand({ detail }: Typed) {
    this.say({ demand: detail.value.trim() === '' ? null : detail.value })
  },
  pickTreatment({ detail }: WechatMiniprogram.PickerChange) {
    const treatmentAt = Number(detail.value)
    this.setData({ treatmentAt })
    this.say({ treatmentId: this.data.treatments[treatmentAt]?.id || null })
  },
  evidence({ detail }: WechatMiniprogram.CustomEvent<{ photoIds: string[] }>) {
    this.say({ evidence: detail.photoIds })
  },
  follow({ detail }: WechatMiniprogram.CustomEvent<{ count: number }>) {
    this.going = detail.count
    if (this.going === 0 && this.data.problem === STILL_GOING) this.setData({ problem: '' })
  },
  contact({ detail }: WechatMiniprogram.SwitchChange) {
    this.say({ mayContact: detail.value })
  },
  toBox() {
    void wx.navigateTo({ url: '/pages/survey/index?surveyId=opinion_box' })
  },

  async send() {
    const { draft, isSending } = this.data
    // A second tap comes before the button is drawn as waiting.
    if (isSending) return
    const problems = {
      type: draft.kind === 'complaint' && draft.type === null ? '请选择是哪一方面' : '',
      words: readable(draft.words) === '' ? '请写下发生了什么' : '',
    }
    if (problems.type || problems.words) return this.setData({ problems, problem: '还有内容需要您补充，已为您标出。' })
    if (this.going > 0) return this.setData({ problem: STILL_GOING })
    const input = toSend(draft)
    this.setData({ isSending: true, problem: '', 'draft.submissionId': input.submissionId })
    try {
      const { id } = await fileComplaint(input)
      forgetDraft()
      void wx.redirectTo({ url: `/pages/complaint/detail/index?complaintId=${id}&isNew=1` })
    } catch (error) {
      const words = problemOf(error)
      this.setData({ isSending: false, problem: `${words}。您写的内容已保存在这部手机上。` })
    }
  },
})
