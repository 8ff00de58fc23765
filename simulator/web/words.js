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
const REFUSALS = {
  already_contact: '双方已经是联系人',
  backwards: '时间不能倒退',
  bad_actor: '没有这样的身份',
  bad_field: '填写的内容有误',
  bad_page: '页码有误',
  bad_time: '时间填写有误',
  card_disabled: '这张卡片已经处理过',
  no_such_button: '卡片已更新，没有这个按钮了',
  no_such_card: '这位员工没有这张卡片',
  missing_field: '还有内容没有填写',
  no_contact: '双方不是联系人',
  no_session: '这段会话已经结束',
  no_such_act: '这里不能这样操作',
  no_such_customer: '没有这位客户',
  no_such_menu_item: '这个选项已经不在对话里',
  no_such_option: '卡片上没有这个选项',
  no_such_outcome: '没有这种通话结果',
  no_such_person: '没有这个人',
  no_such_question: '卡片上没有这个问题',
  no_such_staff: '没有这位员工',
  no_such_template: '没有这个订阅模板',
  no_such_user: '没有这位员工',
  resigned: '这位员工已离职',
  code_over: '这个二维码已失效',
  department_used: '部门下还有成员或子部门',
  member_full: '这位员工的客户数已达上限',
  no_mass: '没有等待这位员工发送的群发消息',
  no_such_code: '没有这个二维码',
  no_such_department: '没有这个部门',
  no_such_tag: '没有这个标签',
  no_transfer: '这位客户没有正在进行的转接',
  tag_refused: '标签名称为空、重复或太长',
  user_exists: '这个账号已被占用',
  not_idle: '服务端还在处理，请稍后再拨动时钟',
  not_in_pool: '没有客户在等待接入',
  not_servicer: '这段会话由另一位员工接待',
  not_subscribed: '这项订阅已经关闭',
  one_option_only: '这个问题只能选一项',
}
export const refusal = (code, status) => REFUSALS[code] ?? `对方没有接受（${code ?? status}）`
/** What failed on the way there: browsers say it in English. */
export const broken = (error) => (error instanceof TypeError ? '模拟器没有回应' : error.message)

/** WeCom's markdown as plain words. */
export const plain = (text) => text.replace(/<[^>]+>/g, '').replace(/\*\*|^> /gm, '')

/** One line for lists: a call's outcome in words, a card without its buttons and questions. */
export const oneLine = ({ kind, text, payload }) =>
  kind === 'call'
    ? outcomeOf({ payload, text })
    : plain(text)
        .replace(/\n(\[[^\]]*\])+$/, '')
        .replace(/\n/g, ' ')
