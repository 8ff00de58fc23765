/** Contact cards: who follows whom, with remark, tags and where they came from; and the mass messages that wait for a member. */
import { el, make, when } from './dom.js'
import { draw, option } from './panel.js'

const A_PAGE = 20
let deps = null
let shown = A_PAGE

const act = (as, id, what, more) => deps.attempt(() => deps.api('act', { as, id, do: what, ...more }))
const button = (text, onclick) => make('button', { type: 'button', text, onclick })
const fact = (name, ...value) => [make('dt', { text: name }), make('dd', {}, ...value)]
const memberOf = (userId) => [...deps.people.values()].find((person) => person.userId === userId)

function card({ personId, name, userId, remark, description, mobiles, tags, state, addWay, isHalf, since }) {
  const member = memberOf(userId)
  const act2 = (what, more) => act('staff', member?.personId, what, { customer: personId, ...more })
  return make(
    'li',
    { class: 'card' },
    make(
      'header',
      {},
      make('b', { text: name }),
      make('span', { class: 'soft', text: `${member?.name ?? userId} · ${when(since)}` }),
    ),
    make(
      'dl',
      {},
      ...fact('备注', [remark, description].filter(Boolean).join('；') || '—'),
      ...(mobiles.length > 0 ? fact('电话', mobiles.join('、')) : []),
      ...(tags.length > 0 ? fact('标签', ...tags.map((text) => make('span', { class: 'tag', text }))) : []),
      ...fact('来源', [state, `添加方式 ${addWay}`].filter(Boolean).join(' · ')),
    ),
    make(
      'div',
      { class: 'buttons' },
      isHalf ? button('确认添加', () => act2('accept-contact')) : null,
      button('客户删除员工', () => act('customer', personId, 'delete-contact', { userId })),
      button('员工删除客户', () => act2('delete-customer')),
    ),
  )
}

function task({ msgId, userId, text, customers }) {
  const member = memberOf(userId)
  return make(
    'div',
    { class: 'task' },
    make(
      'header',
      {},
      make('b', { text: '待发送的群发' }),
      make('span', { class: 'soft', text: `${member?.name ?? userId} · ${customers} 位客户` }),
    ),
    make('div', { class: 'said', text }),
    make(
      'div',
      { class: 'buttons' },
      button('发送', () => act('staff', member?.personId, 'confirm-mass', { msgId })),
    ),
  )
}

export async function showContacts() {
  const of = el('contact-of').value
  const [{ contacts, total }, { waiting }] = await Promise.all([
    deps.api(`contacts?limit=${shown}${of ? `&userId=${of}` : ''}`),
    deps.api('mass'),
  ])
  el('contact-count').textContent = `共 ${total} 位`
  el('more-cards').hidden = contacts.length >= total
  const own = waiting.filter(({ userId }) => !of || userId === of)
  draw('mass', () => own.map(task), own)
  const empty = make('li', { class: 'none', text: '还没有客户。客户添加员工后，名片会出现在这里。' })
  draw('cards', () => (contacts.length > 0 ? contacts.map(card) : [empty]), contacts)
}

export function openContacts(given) {
  deps = given
  const staff = [...deps.people.values()].filter(({ userId, resigned }) => userId && !resigned)
  el('contact-of').replaceChildren(
    option('', '所有员工'),
    ...staff.map(({ userId, name, position }) => option(userId, `${name} · ${position}`)),
  )
  el('contact-of').addEventListener('change', () => {
    shown = A_PAGE
    void deps.attempt(async () => undefined)
  })
  el('more-cards').addEventListener('click', () => {
    shown += A_PAGE
    void deps.attempt(async () => undefined)
  })
}
