/** My member's card, and how my points came and went. */
import { openChat } from '../../../services/chat'
import { getCard, getPoints, type MemberCard, type Points } from '../../../services/me'
import { fullInstantWords } from '../../../utils/dates'
import { appended, more, show } from '../../../utils/loading'
import type { Status } from '../../../utils/views'

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    card: null as ReturnType<typeof cardView> | null,
    items: [] as ReturnType<typeof pointView>[],
  },
  cursor: null as string | null,

  onLoad() {
    void this.load()
  },
  async load() {
    await show(this, async () => {
      const card = await getCard()
      if (!card) return { card: null, items: [] }
      const { items, nextCursor } = await getPoints(null)
      this.cursor = nextCursor
      return { card: cardView(card), items: items.map(pointView) }
    })
  },
  async onReachBottom() {
    const items = await more(this, getPoints)
    this.setData(appended('items', this.data.items.length, items.map(pointView)))
  },
  chat() {
    openChat('membership')
  },
})

/** 1,234 元; with its fen only where there are some. */
const yuan = (fen: number): string =>
  `${(fen / 100).toFixed(fen % 100 === 0 ? 0 : 2).replace(/\B(?=(\d{3})+(?!\d))/g, ',')} 元`

const cardView = ({ tier, since, spentFen, next, points, pointsUntil }: NonNullable<MemberCard>) => ({
  tier,
  since: `${since} 起`,
  spent: `累计消费 ${yuan(spentFen)}`,
  next: next ? `再消费 ${yuan(next.missingFen)} 升为${next.tier}` : '',
  points,
  until: pointsUntil ? `${pointsUntil} 前有效` : '',
})

const pointView = ({ id, at, title, points, balance }: Points['items'][number]) => ({
  id,
  title,
  at: fullInstantWords(at),
  points: points > 0 ? `+${points}` : String(points),
  balance: `余 ${balance}`,
})
