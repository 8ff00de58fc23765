/** Who I am to the clinic, and the ways to everything that is mine. */
import { openChat } from '../../services/chat'
import { getMe, type Me } from '../../services/me'
import { show } from '../../utils/loading'
import type { Status } from '../../utils/views'

Page({
  data: {
    status: 'loading' as Status,
    problem: '',
    me: null as ReturnType<typeof viewOf> | null,
    links: [
      {
        page: '/pages/account/membership/index',
        icon: 'creditcard',
        title: '会员卡与积分',
        words: '等级、积分和每一笔的来去',
      },
      { page: '/pages/photos/index', icon: 'image', title: '恢复照片', words: '按角度拍摄，看看每天的变化' },
      {
        page: '/pages/complaint/list/index',
        icon: 'chat-message',
        title: '投诉与建议',
        words: '说给我们听，进度随时可查',
      },
      { page: '/pages/account/notices/index', icon: 'notification', title: '消息提醒', words: '选择愿意收到的提醒' },
      { page: '/pages/account/consents/index', icon: 'secured', title: '授权与隐私', words: '每一项都可以随时撤回' },
      { page: '/pages/account/data/index', icon: 'file', title: '我的信息', words: '查看诊所保存的您的信息' },
      { page: '/pages/account/requests/index', icon: 'edit', title: '更正与删除', words: '申请更正、删除或领取副本' },
    ],
  },
  onShow() {
    void this.load()
  },
  async load() {
    await show(this, async () => ({ me: viewOf(await getMe()) }))
  },
  open({ currentTarget }: WechatMiniprogram.TouchEvent) {
    void wx.navigateTo({ url: currentTarget.dataset.page as string })
  },
  openHelp() {
    void wx.navigateTo({ url: '/pages/care/help/index' })
  },
  call({ currentTarget }: WechatMiniprogram.TouchEvent) {
    wx.makePhoneCall({ phoneNumber: currentTarget.dataset.phone as string, fail: () => undefined })
  },
  chat() {
    openChat('me')
  },
})

const viewOf = ({ name, phone, stores, treatments }: Me) => ({
  name: name ?? '您好',
  initial: (name ?? '您').slice(0, 1),
  hasPhone: phone !== null,
  phone: phone ?? '尚未验证手机号',
  treatments: treatments > 0 ? `共 ${treatments} 次治疗记录` : '',
  stores: stores.map(({ id, displayName, callbackPhone, address }) => ({ id, displayName, callbackPhone, address })),
})
