/** Asking for a correction, for erasure, or for a copy; and what was asked for, with the day of the answer. */
import { type DataRequest, getDataRequests, postDataRequest } from '../../../services/me'
import { newSubmissionId } from '../../../utils/chance'
import { fullInstantWords } from '../../../utils/dates'
import { appended, more, show } from '../../../utils/loading'
import { readable } from '../../../utils/readable'
import { problemOf, type Status } from '../../../utils/views'

const KINDS: { kind: DataRequest['kind']; title: string; hint: string }[] = [
  { kind: 'correction', title: '更正信息', hint: '请写下哪一项需要更正，以及正确的内容' },
  { kind: 'erasure', title: '删除信息', hint: '请写下希望删除的内容；法律要求保存的病历会封存保管' },
  { kind: 'copy', title: '领取副本', hint: '请写下您希望领取的内容和方式' },
]

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    kinds: KINDS,
    kind: 'correction' as DataRequest['kind'],
    hint: KINDS[0]?.hint ?? '',
    words: '',
    /** Stays until it was answered: however often it is sent, it is one request. */
    submissionId: newSubmissionId(),
    isBusy: false,
    wrong: '',
    items: [] as ReturnType<typeof viewOf>[],
  },
  cursor: null as string | null,
  onLoad() {
    void this.load()
  },
  async load() {
    await show(this, async () => {
      const { items, nextCursor } = await getDataRequests(null)
      this.cursor = nextCursor
      return { items: items.map(viewOf) }
    })
  },
  async onReachBottom() {
    const items = await more(this, getDataRequests)
    this.setData(appended('items', this.data.items.length, items.map(viewOf)))
  },
  choose({ currentTarget }: WechatMiniprogram.TouchEvent) {
    const kind = currentTarget.dataset.kind as DataRequest['kind']
    this.setData({ kind, hint: KINDS.find((one) => one.kind === kind)?.hint ?? '', wrong: '' })
  },
  typed({ detail: { value } }: WechatMiniprogram.Input) {
    this.setData({ words: value })
  },
  async send() {
    const { kind, submissionId, isBusy } = this.data
    const words = readable(this.data.words)
    if (isBusy) return
    if (words === '') return this.setData({ wrong: '请先写下您的要求' })
    this.setData({ isBusy: true, wrong: '' })
    try {
      await postDataRequest({ submissionId, kind, words })
      this.setData({ words: '', submissionId: newSubmissionId() })
      wx.showToast({ title: '已收到您的申请' })
      await this.load()
    } catch (error) {
      this.setData({ wrong: problemOf(error) })
    } finally {
      this.setData({ isBusy: false })
    }
  },
})

const viewOf = ({ id, kind, words, at, answerBy }: DataRequest) => ({
  id,
  title: KINDS.find((one) => one.kind === kind)?.title ?? '',
  words,
  at: fullInstantWords(at),
  answerBy: fullInstantWords(answerBy).split(' ')[0] ?? '',
})
