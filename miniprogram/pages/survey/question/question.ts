/** One question of any kind; tells `answer` with what was said. It keeps no answer itself. */
import type { Answer, Question } from '../../../services/surveys'
import { numberOf, type QuestionView, textOf, toggled, viewOf } from './view'

type Tap = WechatMiniprogram.TouchEvent<
  WechatMiniprogram.IAnyObject,
  WechatMiniprogram.IAnyObject,
  { id: string; row: string; value: number }
>
type Typed = WechatMiniprogram.CustomEvent<{ value: string }>

Component({
  properties: {
    question: { type: Object, value: {} as Question },
    answer: { type: null, value: null as Answer | null },
    number: { type: Number, value: 0 },
    problem: { type: String, value: '' },
    /** Names the question among all surveys, for photos that are on their way. */
    owner: { type: String, value: '' },
    disabled: { type: Boolean, value: false },
  },
  data: { view: { choices: [], rows: [], points: [], text: '', photos: [] } as QuestionView, left: 0, figure: '' },
  observers: {
    'question, answer': function draw(
      this: { setData(data: object): void; data: { figure: string } },
      question: Question,
      answer: Answer | null,
    ) {
      if (!question.kind) return
      const view = viewOf(question, answer ?? undefined)
      if (question.kind === 'number') view.text = textOf(this.data.figure, answer, view.text)
      this.setData({ view, left: (question.most ?? 0) - [...view.text].length })
    },
  },
  methods: {
    say(answer: Answer | null) {
      if (!this.data.disabled) this.triggerEvent('answer', { id: this.data.question.id, answer })
    },
    choose({ currentTarget }: Tap) {
      this.say(currentTarget.dataset.id)
    },
    toggle({ currentTarget }: Tap) {
      const { question, answer } = this.data
      const after = toggled(question, answer ?? undefined, currentTarget.dataset.id)
      if (after) this.say(after)
      else void wx.showToast({ title: `最多选择 ${question.most ?? 0} 项`, icon: 'none' })
    },
    rate({ currentTarget }: Tap) {
      const { id, row } = currentTarget.dataset
      const { answer } = this.data
      this.say({ ...(typeof answer === 'object' && !Array.isArray(answer) ? answer : {}), [row]: id })
    },
    point({ currentTarget }: Tap) {
      this.say(Number(currentTarget.dataset.value))
    },
    type({ detail }: Typed) {
      this.setData({ left: (this.data.question.most ?? 0) - [...detail.value].length })
      this.say(detail.value)
    },
    count({ detail }: Typed) {
      this.setData({ figure: detail.value })
      this.say(numberOf(detail.value))
    },
    pickDay({ detail }: Typed) {
      this.say(detail.value)
    },
    going({ detail }: WechatMiniprogram.CustomEvent<{ count: number }>) {
      this.triggerEvent('going', { id: this.data.question.id, count: detail.count })
    },
    photos({ detail }: WechatMiniprogram.CustomEvent<{ photoIds: string[] }>) {
      this.say(detail.photoIds)
    },
  },
})
