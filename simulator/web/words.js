/** What things are called on the page. */
export const KINDS = {
  kf: '客服消息',
  welcome: '欢迎语',
  subscribe: '服务通知',
  mass: '群发消息',
  sms: '短信',
  email: '邮件',
  call: '电话',
  sidebar: '员工发送',
  app: '应用消息',
  card: '任务卡片',
  'card-update': '卡片更新',
  robot: '群机器人',
}

const OUTCOMES = { answered: '已接听', no_answer: '无人接听', busy: '占线', declined: '拒接' }
export const outcomeOf = ({ payload, text }) => OUTCOMES[payload.outcome] ?? text

/** Why the world refuses something, by code. */
export const REFUSALS = {
  card_disabled: '这张卡片已经处理过',
  no_such_button: '卡片已更新，没有这个按钮了',
  no_such_card: '这位员工没有这张卡片',
  no_such_menu_item: '这个选项已经不在对话里',
  resigned: '这位员工已离职',
  not_idle: '服务端还在处理，请稍后再拨动时钟',
}

/** WeCom's markdown as plain words. */
export const plain = (text) => text.replace(/<[^>]+>/g, '').replace(/\*\*|^> /gm, '')

/** One line for lists: a call's outcome in words, a card without its buttons and questions. */
export const oneLine = ({ kind, text, payload }) =>
  kind === 'call'
    ? outcomeOf({ payload, text })
    : plain(text)
        .replace(/\n(\[[^\]]*\])+$/, '')
        .replace(/\n/g, ' ')
