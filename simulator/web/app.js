/** The phones: shows what each person sees and lets you act for them, through the simulator's public control API. */
import { CUSTOMER_VIEWS, countsIn } from './customer.js'
import { openDesk, showDesk } from './desk.js'
import { el, empty, fullDate, make, press } from './dom.js'
import { onChatOpened, showMini } from './mini.js'
import { showRecord } from './record.js'
import { staffView } from './staff.js'
import { broken, refusal } from './words.js'

const POLL_MS = 2_000
const MOVE_LIMIT_MS = 120_000
const state = {
  people: new Map(),
  tab: 'chat',
  customer: null,
  /** Whose phone the tabs were chosen for. */
  opened: null,
  staff: null,
  moving: false,
  seen: null,
}

async function api(path, body) {
  const response = await fetch(
    `/_sim/${path}`,
    body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) },
  )
  const answer = await response.json()
  if (response.ok) return answer
  throw new Error(refusal(answer.error?.code, response.status))
}

function tell(message) {
  el('notice').hidden = !message
  el('notice').textContent = message ?? ''
}

async function attempt(work) {
  try {
    tell(null)
    await work()
    await refresh()
    return true
  } catch (error) {
    tell(`没有成功：${broken(error)}`)
    return false
  }
}
const actAs = (as) => (what, more) => attempt(() => api('act', { as, id: state[as], do: what, ...more }))

/** Replaces a screen only when it changed, and stays at the end if it was there. */
function show(screen, mark, nodes) {
  if (screen.dataset.mark === mark) return
  const atEnd = screen.scrollHeight - screen.scrollTop - screen.clientHeight < 60
  const isOther = screen.dataset.mark?.split(' ')[0] !== mark.split(' ')[0]
  screen.dataset.mark = mark
  screen.replaceChildren(...nodes())
  if (atEnd || isOther) screen.scrollTop = screen.scrollHeight
}

/** A screen that wasn't shown has had no height to scroll in. */
function toEnd() {
  for (const screen of document.querySelectorAll('.screen')) screen.scrollTop = screen.scrollHeight
}

function clockWords({ mode, followers }) {
  if (state.moving) return '时间正在流动…'
  if (mode === 'real') return '时钟与真实时间同步，也可以向前拨'
  return followers.length === 0 ? '服务端未连接' : '时钟静止，等待拨动'
}

async function refresh() {
  const [clock, customer, staff, entries] = await Promise.all([
    api('clock'),
    state.customer ? api(`chats?person=${state.customer}`) : null,
    state.staff ? api(`chats?person=${state.staff}`) : null,
    api('ledger'),
  ])
  el('now').textContent = fullDate(clock.now)
  el('idle').textContent = clockWords(clock)
  if (customer) {
    el('customer-name').textContent = customer.person.name
    tabs(customer)
    const mark = `${state.customer}/${state.tab} ${JSON.stringify(customer)}`
    const draw = CUSTOMER_VIEWS[state.tab]
    if (draw) show(el('customer-screen'), mark, () => draw(customer, actAs('customer'), openMini))
    showMini(state.tab === 'mini', state.customer)
  } else
    show(el('customer-screen'), 'nobody', () => [empty('这个世界里还没有客户。\n启动模拟器时加上 --customers 5。')])
  if (staff) {
    el('staff-name').textContent = `${staff.person.name} · ${staff.person.position}`
    show(el('staff-screen'), `${state.staff} ${JSON.stringify(staff)}`, () => staffView(staff, actAs('staff')))
  } else show(el('staff-screen'), 'nobody', () => [empty('这个世界里还没有员工。')])
  state.seen = Math.min(state.seen ?? entries.length, entries.length)
  count(entries)
  showDesk({
    customer: state.people.get(state.customer),
    staff: state.people.get(state.staff),
    // While it moves nobody asks again and again.
    now: state.moving ? null : clock.now,
  })
  showRecord(entries, { seen: state.seen, people: state.people, open, again: () => void refresh() })
}

/** How much each person has got, in the pickers. */
function count(entries) {
  const counts = new Map()
  for (const { person } of entries) counts.set(person, (counts.get(person) ?? 0) + 1)
  for (const option of document.querySelectorAll('.picker option')) {
    const { name, position } = state.people.get(option.value)
    const text = `${name}${position ? ` · ${position}` : ''}（${counts.get(option.value) ?? 0} 条）`
    if (option.textContent !== text) option.textContent = text
  }
  return counts
}

function view(name) {
  document.querySelector('main').dataset.view = name
  press(document.querySelector('.switch'), 'data-view', name, 'aria-pressed')
  if (name === 'ledger' || name === 'desk') side(name)
  toEnd()
}

/** Where there is room for three columns, the third is the record or the desk. */
function side(name) {
  document.querySelector('main').dataset.side = name
  press(document.querySelector('.side'), 'data-side', name, 'aria-pressed')
}

/** A simulator by itself has no clinic. */
async function installDesk(hasDesk) {
  if (!hasDesk) return
  await openDesk({ changed: refresh })
  for (const node of document.querySelectorAll('.side, #desk, [data-view="desk"], #help-desk')) node.hidden = false
  for (const button of document.querySelectorAll('.side button'))
    button.addEventListener('click', () => side(button.dataset.side))
}

/** Puts a person on the screen. */
function open(personId) {
  const { kind } = state.people.get(personId) ?? {}
  if (!kind) return
  state[kind] = personId
  el(`who-${kind}`).value = personId
  view(kind)
  void refresh()
}

async function move(ms) {
  state.moving = true
  state.seen = null
  const buttons = document.querySelectorAll('.moves button')
  for (const button of buttons) button.disabled = true
  await refresh()
  try {
    await attempt(() => api('clock', { advance: ms, timeoutMs: MOVE_LIMIT_MS }))
  } finally {
    state.moving = false
    for (const button of buttons) button.disabled = false
    await refresh()
  }
}

function onSubmit(form, input, as) {
  el(form).addEventListener('submit', (event) => {
    event.preventDefault()
    void write(el(input), as)
  })
}

async function write(input, as) {
  const text = input.value.trim()
  if (!text || !state[as]) return
  input.value = ''
  if (as === 'customer') await openChat()
  // What was not sent stays, to be sent again.
  if (!(await actAs(as)('say', { text }))) input.value = text
  // Whoever writes wants to see it, wherever the screen was.
  toEnd()
}

/** In WeChat nobody writes without opening the conversation: that is an event of its own, and the welcome answers it. */
async function openChat() {
  tab('chat')
  const { kf } = await api(`chats?person=${state.customer}`)
  if (kf.chat.length === 0) await actAs('customer')('enter-kf')
}

/** What the tabs hold; somebody who is opened is opened where there is something to see. */
function tabs(customer) {
  const counts = countsIn(customer)
  for (const button of document.querySelectorAll('.tabs [data-tab]'))
    button.dataset.count = counts[button.dataset.tab] || ''
  if (state.opened === state.customer) return
  state.opened = state.customer
  // Whoever looks at programs looks at the next one's, too.
  if (state.tab === 'mini') return
  tab(['chat', 'notices', 'sms'].find((name) => counts[name] > 0) ?? 'chat')
}

/** A notice leads to its page of the mini-program. */
function openMini(page) {
  tab('mini')
  showMini(true, state.customer, page)
}

function tab(name) {
  state.tab = name
  press(document.querySelector('.tabs'), 'data-tab', name, 'aria-selected')
}

async function start() {
  const { people, desk } = await api('state')
  state.people = new Map(people.map((person) => [person.personId, person]))
  const entries = await api('ledger')
  const counts = count(entries)
  for (const kind of ['customer', 'staff']) {
    // Whoever has most to show comes first.
    const list = people
      .filter((person) => person.kind === kind && !person.resigned)
      .sort((a, b) => (counts.get(b.personId) ?? 0) - (counts.get(a.personId) ?? 0))
    el(`who-${kind}`).replaceChildren(...list.map(({ personId }) => make('option', { value: personId })))
    state[kind] = list[0]?.personId ?? null
    el(`who-${kind}`).addEventListener('change', ({ target }) => {
      state[kind] = target.value
      void refresh()
    })
  }
  for (const button of document.querySelectorAll('.moves button'))
    button.addEventListener('click', () => void move(Number(button.dataset.advance)))
  for (const button of document.querySelectorAll('.tabs button'))
    button.addEventListener('click', () => {
      tab(button.dataset.tab)
      void refresh()
    })
  for (const button of document.querySelectorAll('.switch button'))
    button.addEventListener('click', () => view(button.dataset.view))
  onSubmit('say', 'words', 'customer')
  onSubmit('reply', 'summary', 'staff')
  onChatOpened(() => {
    tab('chat')
    void refresh()
  })
  await installDesk(desk)
  await refresh()
  setInterval(() => refresh().catch((error) => tell(`连接中断：${broken(error)}`)), POLL_MS)
}

start().catch((error) => tell(`页面没有载入：${broken(error)}`))
