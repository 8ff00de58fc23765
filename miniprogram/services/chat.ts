/** The way to a person: the clinic's customer service in WeChat. */
import { chat } from '../config'

/** @param from where in the program, so that whoever answers knows what it is about */
export function openChat(from: string): void {
  wx.openCustomerServiceChat({
    extInfo: { url: `${chat.url}?scene=mini&scene_param=${encodeURIComponent(from)}` },
    corpId: chat.corpId,
    fail: () => wx.showToast({ title: '客服暂时打不开，请稍后再试', icon: 'none' }),
  })
}
