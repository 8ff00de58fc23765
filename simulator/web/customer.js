/** What a customer sees: the customer-service chat, service notices, SMS, mails and calls. */
import { empty, linked, make, stamp, when } from './dom.js'
import { mailRow } from './mail.js'
import { outcomeOf } from './words.js'

const from = (who, at) => make('div', { class: 'from', text: `${who} · ${when(at)}` })

function chat({ kf }, act) {
  if (kf.chat.length === 0) return [empty('还没有客服对话。\n在下方以客户身份说一句话，对话就开始了。')]
  return kf.chat.flatMap(({ at, from: who, text, menu }) => {
    const lines = menu ? text.split('\n').filter((line) => !/^\[.*\]$/.test(line)) : [text]
    const bubble = make('div', { class: `bubble ${who === 'customer' ? 'mine' : ''}` }, ...linked(lines.join('\n')))
    if (menu) bubble.append(make('div', { class: 'choices' }, ...menu.map((item) => choice(item, act))))
    return [stamp(at), bubble]
  })
}

const choice = ({ id, content }, act) =>
  make('button', { type: 'button', text: content, onclick: () => act('click', { menuId: id }) })

function notices({ notices: rows, grants }, act, openMini) {
  const wallet = make(
    'div',
    { class: 'sheet' },
    make('h3', { text: '订阅授权' }),
    make('p', { text: '客户每允许一次，才能收到一条服务通知。' }),
    ...grants.map(({ templateId, title, left }) =>
      make(
        'div',
        { class: 'grant' },
        make('span', { text: `${title}（剩 ${left} 次）` }),
        make('button', {
          type: 'button',
          text: '允许一次',
          onclick: () => act('mp-subscribe', { templateId, accept: true }),
        }),
      ),
    ),
  )
  return [wallet, ...(rows.length > 0 ? rows.map((row) => notice(row, openMini)) : [empty('还没有服务通知。')])]
}

function notice({ at, text, payload }, openMini) {
  const [title, ...lines] = text.split('\n')
  const facts = lines.flatMap((line) => {
    const [name, ...value] = line.split(':')
    return [make('dt', { text: name }), make('dd', { text: value.join(':') })]
  })
  const open =
    payload.page && make('button', { type: 'button', text: '进入小程序查看', onclick: () => openMini(payload.page) })
  return make(
    'div',
    { class: 'sheet' },
    from('服务通知', at),
    make('h3', { text: title }),
    make('dl', {}, ...facts),
    open,
  )
}

function phone({ sms, email, calls, contactChat }) {
  const rows = [
    ...sms.map((row) => ({ ...row, who: '短信' })),
    ...email.map(mailRow),
    ...calls.map((row) => ({ ...row, who: '电话', text: outcomeOf(row) })),
    ...contactChat.map((row) => ({ ...row, who: '员工微信' })),
  ].sort((a, b) => (a.at < b.at ? -1 : 1))
  if (rows.length === 0) return [empty('还没有短信、邮件或电话。')]
  return rows.map(({ at, who, text }) => make('div', { class: 'sheet' }, from(who, at), make('p', { text })))
}

/** How much each tab holds. */
export const countsIn = ({ kf, notices: rows, sms, email, calls, contactChat }) => ({
  chat: kf.chat.length,
  notices: rows.length,
  sms: sms.length + email.length + calls.length + contactChat.length,
})

/** By tab: `(chats, act, openMini) => nodes`; the mini-program has a frame of its own. */
export const CUSTOMER_VIEWS = { chat, notices, sms: phone }
