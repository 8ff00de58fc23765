/** One photo: large, who has looked at it, and the way to have it deleted. */
import { askErasure, getOpenings, type Opening } from '../../../services/photos'
import { fullInstantWords } from '../../../utils/dates'
import { problemOf, type Status } from '../../../utils/views'
import { dateWords } from '../words'

interface OpeningView {
  key: string
  who: string
  why: string
  at: string
}

const viewOf = ({ at, kind, name, role, reason }: Opening, index: number): OpeningView => ({
  key: `${at} ${index}`,
  who: kind === 'customer' ? '您本人' : kind === 'system' ? '系统检查' : [name, role].filter(Boolean).join(' · '),
  why: reason ?? '',
  at: fullInstantWords(at),
})

Page({
  data: {
    status: 'loading' as Status,
    words: '',
    photoId: '',
    title: '',
    openings: [] as OpeningView[],
    isMore: false,
    isBusy: false,
    /** What became of the wish to delete it. */
    erased: '',
  },
  cursor: null as string | null,

  onLoad({ photoId = '', words = '' }) {
    this.setData({ photoId, title: decodeURIComponent(words) })
    void this.load()
  },

  async load() {
    this.setData({ status: 'loading' })
    try {
      const page = await getOpenings(this.data.photoId, null)
      this.cursor = page.nextCursor
      this.setData({ status: 'ready', openings: page.items.map(viewOf), isMore: page.nextCursor !== null })
    } catch (error) {
      this.setData({ status: 'failed', words: problemOf(error) })
    }
  },
  async more() {
    if (!this.cursor) return
    const page = await getOpenings(this.data.photoId, this.cursor).catch(() => null)
    if (!page) return
    this.cursor = page.nextCursor
    const before = this.data.openings.length
    const openings = [...this.data.openings, ...page.items.map((one, i) => viewOf(one, before + i))]
    this.setData({ openings, isMore: page.nextCursor !== null })
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
      this.setData({ erased: outcome === 'erased' ? '照片已经彻底删除。' : locked })
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
