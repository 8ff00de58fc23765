/** The world behind the phones: contacts and what waits for members, the robot's room, faults, the record, and the sign-in pages. */
import { openContacts, showContacts } from './contacts.js'
import { el, fullDate, make, press, when } from './dom.js'
import { openFaults, showFaults } from './faults.js'
import { draw, option } from './panel.js'
import { broken, KINDS, oneLine, plain, refusal } from './words.js'

const POLL_MS = 3_000
const MOVE_LIMIT_MS = 120_000
const SHOWN = 200
const ROBOT = { ok: '正常', removed: '已移出群', disabled: '已停用', closed: '群不接收推送', elsewhere: '不在群里' }
const SINCE = [
  ['', '不限'],
  ['3600000', '一小时'],
  ['86400000', '一天'],
  ['604800000', '七天'],
]
const LOGINS = { inside: '企业微信内打开', private: '企业微信内打开（申请个人信息）', web: '浏览器扫码' }
const state = { people: new Map(), ready: null, now: null }

async function api(path, body, method = body === undefined ? 'GET' : 'POST') {
  const response = await fetch(`/_sim/${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = await response.json()
  if (response.ok) return answer
  throw new Error(refusal(answer.error?.code, response.status))
}

async function attempt(work) {
  el('notice').hidden = true
  try {
    await work()
    await refresh()
  } catch (error) {
    el('notice').hidden = false
    el('notice').textContent = `没有成功：${broken(error)}`
  }
}

const nameOf = (id) => state.people.get(id)?.name ?? id
const none = (text) => make('li', { class: 'none', text })

async function move(body) {
  const buttons = document.querySelectorAll('#travel button')
  for (const button of buttons) button.disabled = true
  await attempt(() => api('clock', { ...body, timeoutMs: MOVE_LIMIT_MS }))
  for (const button of buttons) button.disabled = false
}

function showRecord(entries) {
  const rows = entries.slice(-SHOWN).reverse()
  el('record-count').textContent =
    entries.length > SHOWN ? `共 ${entries.length} 条，显示最近 ${SHOWN} 条` : `共 ${entries.length} 条`
  const row = (entry) =>
    make(
      'li',
      {},
      make('time', { text: when(entry.at) }),
      make(
        'div',
        {},
        make('b', { text: nameOf(entry.person) }),
        make('span', { class: 'soft', text: ` · ${KINDS[entry.kind] ?? entry.kind} · ${entry.channel}` }),
        make('div', { class: 'said', text: oneLine(entry) }),
      ),
    )
  draw('record-rows', () => (rows.length > 0 ? rows.map(row) : [none('没有符合条件的记录。')]), rows)
}

function showRoom(room, entries) {
  el('room-name').textContent = `群机器人 · ${room.name}`
  el('robot-url').textContent = `POST /cgi-bin/webhook/send?key=${room.key}`
  if (document.activeElement !== el('robot-state')) el('robot-state').value = room.state
  const rows = entries.filter(({ person }) => person === room.roomId).slice(-SHOWN)
  const row = ({ at, text }) =>
    make('li', {}, make('time', { text: when(at) }), make('div', { class: 'said', text: plain(text) }))
  draw('room-messages', () => (rows.length > 0 ? rows.map(row) : [none('群里还没有机器人的消息。')]), rows)
}

async function refresh() {
  const [clock, { rooms }, robots, { faults }] = await Promise.all([
    api('clock'),
    api('state?limit=1'),
    api('ledger?kind=robot'),
    api('faults'),
  ])
  state.now = clock.now
  el('now').textContent = fullDate(clock.now)
  showRoom(rooms[0], robots)
  showFaults(faults)
  const since = el('record-since').value
  const query = new URLSearchParams({
    ...(el('record-person').value ? { person: el('record-person').value } : {}),
    ...(el('record-kind').value ? { kind: el('record-kind').value } : {}),
    ...(since ? { since: new Date(Date.parse(clock.now) - Number(since)).toISOString() } : {}),
  })
  showRecord(await api(`ledger?${query}`))
  await showContacts()
}

function logIn(event) {
  event.preventDefault()
  const kind = el('login-kind').value
  const { corpId, agentId } = state.ready
  const common = { appid: corpId, redirect_uri: el('back').value, state: 'sim', agentid: String(agentId) }
  const query =
    kind === 'web'
      ? { ...common, login_type: 'CorpApp' }
      : { ...common, response_type: 'code', scope: kind === 'private' ? 'snsapi_privateinfo' : 'snsapi_base' }
  const path = kind === 'web' ? '/wwlogin/sso/login' : '/connect/oauth2/authorize'
  window.open(`${path}?${new URLSearchParams(query)}`, '_blank', 'noreferrer')
}

const choices = (id, table) =>
  el(id).replaceChildren(...Object.entries(table).map(([value, text]) => option(value, text)))

async function start() {
  const [{ people, rooms }, ready] = await Promise.all([api('state?limit=500'), api('ready')])
  state.ready = ready
  state.people = new Map(people.map((person) => [person.personId, person]))
  for (const { roomId, name } of rooms) state.people.set(roomId, { name })
  choices('robot-state', ROBOT)
  el('record-since').replaceChildren(...SINCE.map(([value, text]) => option(value, text)))
  choices('login-kind', LOGINS)
  el('record-kind').replaceChildren(
    option('', '全部'),
    ...Object.entries(KINDS).map(([kind, text]) => option(kind, text)),
  )
  el('record-person').replaceChildren(
    option('', '所有人'),
    ...[...state.people].map(([id, { name }]) => option(id, name)),
  )
  for (const id of ['record-person', 'record-kind', 'record-since'])
    el(id).addEventListener('change', () => void attempt(async () => undefined))
  el('robot-state').addEventListener(
    'change',
    ({ target }) => void attempt(() => api('robot', { state: target.value })),
  )
  for (const button of document.querySelectorAll('nav button'))
    button.addEventListener('click', () => {
      document.querySelector('main').dataset.part = button.dataset.part
      press(document.querySelector('nav'), 'data-part', button.dataset.part, 'aria-pressed')
    })
  for (const button of document.querySelectorAll('#travel [data-advance]'))
    button.addEventListener('click', () => void move({ advance: Number(button.dataset.advance) }))
  el('travel').addEventListener('submit', (event) => {
    event.preventDefault()
    if (el('to').value) void move({ to: new Date(`${el('to').value}+08:00`).toISOString() })
  })
  el('login').addEventListener('submit', logIn)
  openContacts({ api, attempt, people: state.people })
  await openFaults({ api, attempt })
  await refresh()
  setInterval(() => refresh().catch(() => undefined), POLL_MS)
}

start().catch((error) => {
  el('notice').hidden = false
  el('notice').textContent = `页面没有载入：${broken(error)}`
})
