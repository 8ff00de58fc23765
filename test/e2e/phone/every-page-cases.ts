/** How each page of the program is brought into each of its states, and what is seen there; or why it has no such state. */
import type { OpenPhone } from '../../support/phone.ts'

export const STATES = ['loading', 'empty', 'failed', 'full', 'much'] as const
export interface Ids {
  treatmentId: string
  complaintId: string
  repliedId: string
  objectedId: string
  acceptedId: string
  photoId: string
  invitationId: string
}
export interface Case {
  who: 'newcomer' | 'stranger' | 'empty' | 'full' | 'much'
  query?: (ids: Ids) => Record<string, string>
  /** Answers late, or not at all. */
  server?: 'slow' | 'away'
  /** Words, or a selector in brackets, that are there then. */
  sees: string
  /** What a person does first. */
  act?: (phone: OpenPhone) => Promise<void>
}
/** A string is the reason why there is no such state. */
type Cases = Record<(typeof STATES)[number], Case | string> & { also?: Record<string, Case> }

const waits = (query?: Case['query']): Case => ({
  who: 'full',
  server: 'slow',
  sees: '[aria-label=正在打开]',
  ...(query ? { query } : {}),
})
const fails = (query?: Case['query']): Case => ({ ...waits(query), server: 'away', sees: '再试一次' })
const LONG = '等了一个小时没有人告诉我原因，问了两次都说马上。'.repeat(20)

const treatment = ({ treatmentId }: Ids) => ({ treatmentId })
const guide = ({ treatmentId }: Ids) => ({ treatmentId, moment: '3' })
const complaint = ({ complaintId }: Ids) => ({ complaintId })
const photo = ({ photoId }: Ids) => ({ photoId, words: '正面 · 治疗后第 4 天' })
const invitation = ({ invitationId }: Ids) => ({ invitationId })
const look = (words: string) => async (phone: OpenPhone) => {
  await phone.page.getByLabel('想了解什么').fill(words)
}
/** Past what photos are for, which is in the way once. */
const toCamera = async (phone: OpenPhone) => {
  await phone
    .text(/开始拍摄|光线/)
    .first()
    .waitFor()
  const begin = phone.role('button', /开始拍摄/)
  if ((await begin.count()) > 0) await phone.tap(begin)
  await phone.text(/光线/).first().waitFor()
}
/** What a clinic that keeps members would answer: the page is opened again with it. */
const asMember = async (phone: OpenPhone, entries: number) => {
  const next = { tier: '钻石卡', missingFen: 12_000_050 }
  const card = {
    tier: '铂金卡',
    since: '2025-01-03',
    spentFen: 16_799_950,
    next,
    points: 12_345,
    pointsUntil: '2028-02-29',
  }
  const items = Array.from({ length: entries }, (_, i) => ({
    ...{ id: `p${i}`, at: '2026-03-02T02:00:00.000Z', points: i % 2 === 0 ? 340 : -12_000, balance: 12_345 },
    title: i === 0 ? LONG.slice(0, 40) : '光子嫩肤',
  }))
  await phone.page.route('**/mp-api/membership', (route) => route.fulfill({ json: { card } }))
  await phone.page.route('**/mp-api/points', (route) => route.fulfill({ json: { items, nextCursor: null } }))
  await phone.text('会员卡').first().waitFor()
  await phone.page.evaluate(() => {
    const { wx } = window as unknown as { wx: { reLaunch(options: { url: string }): Promise<unknown> } }
    void wx.reLaunch({ url: '/pages/account/membership/index' })
  })
}
const on = (phone: OpenPhone, id: string) => phone.find(`[data-testid="every_kind.${id}"]`)

export const pages: Record<string, Cases> = {
  'pages/home/index': {
    loading: waits(),
    empty: { who: 'empty', sees: '目前没有进行中的护理' },
    failed: fails(),
    full: { who: 'full', sees: '治疗后第 4 天' },
    much: { who: 'much', sees: '查看全部日程' },
    also: {
      stranger: { who: 'stranger', sees: '验证手机号，查看您的护理安排' },
      moving: { who: 'much', sees: '申请改期', act: (phone) => phone.tap(phone.role('button', '想改时间')) },
      'not answered': {
        who: 'full',
        sees: '网络不太顺畅',
        act: async (phone) => {
          const confirm = phone.role('button', '准时到')
          await confirm.waitFor()
          await phone.page.route('**/answer', (route) => route.abort(), { times: 1 })
          await phone.tap(confirm)
        },
      },
    },
  },
  'pages/calendar/index': {
    loading: waits(),
    empty: { who: 'empty', sees: '还没有护理安排' },
    failed: fails(),
    full: {
      who: 'full',
      sees: '当天',
      act: async (phone) => {
        await phone.tap(phone.text(/已经过去的/))
        await phone.tap(phone.find('.guide-head').first())
      },
    },
    much: {
      who: 'much',
      sees: '当天',
      act: async (phone) => {
        await phone.tap(phone.text(/再看之后的安排/))
        await phone.tap(phone.text(/已经过去的/))
        await phone.tap(phone.find('.guide-head').first())
      },
    },
  },
  'pages/me/index': {
    loading: waits(),
    empty: { who: 'stranger', sees: '尚未验证手机号' },
    failed: fails(),
    full: { who: 'full', sees: '恢复照片' },
    much: { who: 'much', sees: '恢复照片' },
  },
  'pages/welcome/index': {
    loading: waits(),
    empty: 'the agreement is always there',
    failed: fails(),
    full: { who: 'newcomer', sees: '欢迎使用术后管家' },
    much: {
      who: 'newcomer',
      sees: '您上传的照片只用于',
      act: async (phone) => {
        await phone.text('以下由您自己决定').waitFor()
        for (const head of await phone.find('.choice-name').all()) await phone.tap(head)
      },
    },
    also: {
      refused: { who: 'newcomer', sees: '没有关系', act: (phone) => phone.tap(phone.text('暂不同意')) },
      'not kept': {
        who: 'newcomer',
        sees: '网络不太顺畅',
        act: async (phone) => {
          await phone.text('欢迎使用术后管家').waitFor()
          await phone.page.route('**/consents/*', (route) => route.abort(), { times: 1 })
          await phone.tap(phone.text('同意服务协议并继续'))
        },
      },
    },
  },
  'pages/survey/index': {
    loading: waits(invitation),
    empty: 'a survey has questions',
    failed: fails(invitation),
    full: { who: 'full', query: invitation, sees: '每种题型' },
    much: {
      who: 'much',
      query: invitation,
      sees: '还有题目需要您补充',
      act: async (phone) => {
        await phone.tap(on(phone, 'state').getByText('反应没有减轻，或加重了'))
        await phone.tap(on(phone, 'steps').getByLabel('前台接待：不满意'))
        await on(phone, 'why').locator('textarea').fill(LONG.slice(0, 100))
        await on(phone, 'words').locator('textarea').fill(LONG.slice(0, 200))
        await phone.tap(on(phone, 'nps').getByLabel('9分'))
        await phone.tap(phone.role('button', '提交'))
      },
    },
    also: {
      anonymous: { who: 'full', query: () => ({ surveyId: 'opinion_box' }), sees: '我们不会知道是谁填写的' },
      gone: { who: 'full', query: () => ({ invitationId: 'no-such-one' }), sees: '没有找到这份问卷' },
    },
  },
  'pages/photos/index': {
    loading: waits(treatment),
    empty: { who: 'empty', sees: '同意，开始使用照片' },
    failed: fails(treatment),
    full: { who: 'full', sees: '对比' },
    much: { who: 'much', query: treatment, sees: '对比' },
  },
  'pages/photos/capture/index': {
    loading: waits(treatment),
    empty: { who: 'empty', sees: '光线', act: toCamera },
    failed: fails(treatment),
    full: { who: 'full', query: treatment, sees: '淡影是', act: toCamera },
    much: {
      who: 'much',
      query: treatment,
      sees: '用这张',
      act: async (phone) => {
        await toCamera(phone)
        await phone.tap(phone.role('button', '拍照'))
      },
    },
    also: {
      gone: { who: 'full', query: () => ({ treatmentId: 'nobody' }), sees: '没有找到' },
      purposes: { who: 'stranger', sees: '照片会用在哪里' },
      note: {
        who: 'full',
        query: treatment,
        sees: '不留言，直接完成',
        act: async (phone) => {
          await toCamera(phone)
          await phone.tap(phone.role('button', '拍照'))
          await phone.tap(phone.text('用这张'))
          await phone.tap(phone.text('完成（已拍 1 张）'))
          await phone.page.getByLabel('想告诉我们什么').fill(LONG)
          await phone.page.route('**/photo-notes', (route) => route.abort())
          await phone.tap(phone.text('发送留言'))
        },
      },
    },
  },
  'pages/photos/photo/index': {
    loading: waits(photo),
    empty: 'whoever opens it is the first who has looked',
    failed: fails(photo),
    full: { who: 'full', query: photo, sees: '谁看过这张照片' },
    much: { who: 'much', query: photo, sees: '谁看过这张照片' },
    also: { gone: { who: 'full', query: () => ({ photoId: 'no-such-one' }), sees: '没有找到这张照片' } },
  },
  'pages/photos/compare/index': {
    loading: waits(treatment),
    empty: { who: 'empty', sees: '还不能对比' },
    failed: fails(treatment),
    full: { who: 'full', query: treatment, sees: '左：' },
    much: { who: 'much', query: treatment, sees: '[data-testid=cut]', act: (phone) => phone.tap(phone.text('滑动')) },
  },
  'pages/complaint/list/index': {
    loading: waits(),
    empty: { who: 'empty', sees: '您还没有提交过投诉或建议' },
    failed: fails(),
    full: { who: 'full', sees: '已登记' },
    much: { who: 'much', sees: '已登记' },
  },
  'pages/complaint/form/index': {
    loading: 'it can be written at once',
    empty: { who: 'empty', sees: '是哪一方面？' },
    failed: {
      who: 'full',
      server: 'away',
      sees: '您写的内容已保存在这部手机上',
      act: async (phone) => {
        await phone.tap(phone.text('服务态度'))
        await phone.find('textarea').first().fill('等了一个小时。')
        await phone.tap(phone.role('button', '提交'))
      },
    },
    full: { who: 'full', query: () => ({ kind: 'opinion' }), sees: '是哪一方面？' },
    much: {
      who: 'much',
      sees: '请选择是哪一方面',
      act: async (phone) => {
        await phone.find('textarea').first().fill(LONG.slice(0, 500))
        await phone.find('textarea').last().fill(LONG.slice(0, 500))
        await phone.tap(phone.role('button', '提交'))
      },
    },
  },
  'pages/complaint/detail/index': {
    loading: waits(complaint),
    empty: 'there is one, or the page says that there is none',
    failed: fails(complaint),
    full: { who: 'full', query: (ids) => ({ ...complaint(ids), isNew: '1' }), sees: '我们的承诺' },
    much: { who: 'much', query: complaint, sees: '我们的承诺' },
    also: {
      gone: { who: 'full', query: () => ({ complaintId: 'no-such-one' }), sees: '没有找到这条投诉或意见' },
      replied: { who: 'full', query: ({ repliedId: complaintId }) => ({ complaintId }), sees: '接受答复' },
      objecting: {
        who: 'full',
        query: ({ repliedId: complaintId }) => ({ complaintId }),
        sees: '请写下哪里还不满意，我们会重新处理',
        act: async (phone) => {
          await phone.tap(phone.role('button', '还不满意'))
          await phone.tap(phone.role('button', '提交异议'))
        },
      },
      objected: { who: 'full', query: ({ objectedId: complaintId }) => ({ complaintId }), sees: '正在重新处理' },
      accepted: { who: 'full', query: ({ acceptedId: complaintId }) => ({ complaintId }), sees: '这次处理您满意吗' },
    },
  },
  'pages/care/guide/index': {
    loading: waits(guide),
    empty: 'without a guide no page leads here',
    failed: fails(guide),
    full: { who: 'full', query: guide, sees: '其他时间' },
    much: { who: 'much', query: guide, sees: '其他时间' },
    also: {
      gone: { who: 'full', query: () => ({ treatmentId: 'nobody', moment: '3' }), sees: '没有找到这一页护理要点' },
    },
  },
  'pages/care/help/index': {
    loading: { ...waits(), act: look('洗脸') },
    empty: { who: 'full', sees: '没有找到相关内容', act: look('blockchain') },
    failed: { ...fails(), act: look('洗脸') },
    full: { who: 'full', sees: '大家常问' },
    much: {
      who: 'stranger',
      sees: '…',
      act: async (phone) => {
        await look('洗脸可以吗')(phone)
        await phone.tap(phone.find('.found-head').first())
      },
    },
  },
  'pages/account/consents/index': {
    loading: waits(),
    empty: 'the purposes are always there',
    failed: fails(),
    full: { who: 'full', sees: '申请删除我的信息' },
    much: {
      who: 'much',
      sees: '没有保存',
      act: async (phone) => {
        await phone.text('申请删除我的信息').waitFor()
        await phone.page.route('**/consents/*', (route) => route.abort(), { times: 1 })
        await phone.tap(phone.find('[role=switch]').first())
      },
    },
  },
  'pages/account/data/index': {
    loading: waits(),
    empty: { who: 'empty', sees: '没有记录' },
    failed: fails(),
    full: { who: 'full', sees: '复制全部内容' },
    much: { who: 'much', sees: '复制全部内容', act: (phone) => phone.tap(phone.text(/再看一些/).first()) },
  },
  'pages/account/requests/index': {
    loading: waits(),
    empty: { who: 'empty', sees: '提交申请' },
    failed: fails(),
    full: { who: 'full', sees: '已提交的申请' },
    much: { who: 'much', sees: '已提交的申请' },
    also: { wrong: { who: 'full', sees: '请先写下您的要求', act: (phone) => phone.tap(phone.text('提交申请')) } },
  },
  'pages/account/membership/index': {
    loading: waits(),
    empty: { who: 'empty', sees: '您还没有会员卡' },
    failed: fails(),
    full: { who: 'full', sees: '积分明细', act: (phone) => asMember(phone, 2) },
    much: { who: 'much', sees: '积分明细', act: (phone) => asMember(phone, 60) },
  },
  'pages/account/notices/index': {
    loading: waits(),
    empty: 'the clinic always has notices to send',
    failed: fails(),
    full: { who: 'full', sees: '增加提醒次数' },
    much: 'there are as many as the clinic has templates',
  },
}
