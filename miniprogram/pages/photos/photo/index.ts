/** One photo: large, what was written beside it, who has looked at it, and the way to have it deleted. */
import { askErasure, getNotes, getOpenings, type Opening, type PhotoNote } from '../../../services/photos'
import { fullInstantWords } from '../../../utils/dates'
import { appended, more, NOTHING_THERE, show } from '../../../utils/loading'
import { problemOf, type Status } from '../../../utils/views'
import { dateWords, lookerWords } from '../words'

interface OpeningView {
  key: string
  who: string
  why: string
  at: string
}

const SIZE_WORDS: Readonly<Record<Opening['size'], string>> = { thumb: '缩略图', screen: '大图', note: '留言' }

const viewOf = ({ at, size, kind, name, role, reason }: Opening, index: number): OpeningView => ({
  key: `${at} ${index}`,
  who: kind === 'customer' ? '您本人' : kind === 'system' ? '系统检查' : lookerWords(name, role),
  why: reason ?? '',
  at: `${fullInstantWords(at)} · ${SIZE_WORDS[size]}`,
})

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    /** Why it could not be deleted. */
    words: '',
    photoId: '',
    title: '',
    notes: [] as PhotoNote[],
    openings: [] as OpeningView[],
    isMore: false,
    isBusy: false,
    isErased: false,
  },
  cursor: null as string | null,

  onLoad({ photoId = '', words = '' }) {
    this.setData({ photoId, title: decodeURIComponent(words) })
    if (photoId === '') this.setData(NOTHING_THERE)
    else void this.load()
  },

  async load() {
    await show(this, async () => {
      const { photoId } = this.data
      const [{ items, nextCursor }, notes] = await Promise.all([getOpenings(photoId, null), getNotes(photoId)])
      this.cursor = nextCursor
      return { notes, openings: items.map(viewOf), isMore: nextCursor !== null }
    })
  },
  async more() {
    const { photoId, openings } = this.data
    const { length } = openings
    const items = await more(this, (cursor) => getOpenings(photoId, cursor))
    const views = items.map((one, i) => viewOf(one, length + i))
    this.setData({ ...appended('openings', length, views), isMore: this.cursor !== null })
  },

  async erase() {
    if (this.data.isBusy) return
    const { confirm } = await wx.showModal({
      title: '删除这张照片？',
      content: '删除后，您和医护人员都不能再看到它。属于病历的照片，法律要求封存到保存期满。',
      confirmText: '删除',
      confirmColor: '#b23a1e',
      cancelText: '再想想',
    })
    if (!confirm) return
    this.setData({ isBusy: true, words: '' })
    try {
      const { outcome, keepUntil } = await askErasure(this.data.photoId)
      const locked = `照片已封存，任何人都不能再查看；病历保存期满（${dateWords(keepUntil)}）后彻底删除。`
      this.setData({ status: 'over', isErased: true, problem: outcome === 'erased' ? '照片已经彻底删除。' : locked })
    } catch (error) {
      this.setData({ words: problemOf(error) })
    } finally {
      this.setData({ isBusy: false })
    }
  },
  leave() {
    void wx.redirectTo({ url: '/pages/photos/index' })
  },
})
