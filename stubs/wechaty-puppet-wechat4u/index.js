// In place of wechaty-puppet-wechat4u: the protocol of the web WeChat costs people their accounts.
module.exports = {}
