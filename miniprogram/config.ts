/** What a clinic sets before it uploads the program. */

/** The clinic's server; the same host stands in the mini-program's list of request, upload and download domains. */
export const serverUrl = 'https://care.example.cn'

/** Customer service in WeChat (微信客服): the company's id, and the account's link from its WeCom console. */
export const chat = { corpId: 'ww0000000000000000', url: 'https://work.weixin.qq.com/kfid/kfc0000000000000000' }
