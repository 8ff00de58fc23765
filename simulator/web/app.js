/** The phones: shows what each person sees and lets you act for them, through the simulator's public control API. */

const KINDS = {
  kf: '客服消息',
  welcome: '欢迎语',
  subscribe: '服务通知',
  sms: '短信',
  call: '电话',
  sidebar: '员工发送',
  app: '应用消息',
  card: '任务卡片',
  'card-update': '卡片更新',
}
const OUTCOMES = { answered: '已接听', no_answer: '无人接听', busy: '占线', declined: '拒接' }
const SHOWN_ENTRIES = 120
const POLL_MS = 2_000

const el = (id) => document.getElementById(id)
const state = { people: [], tab: 'chat', customer: null, staff: null, kind: null, moving: false }

async function api(path, body) {
  const response = await fetch(
    `/_sim/${path}`,
    body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) },
  )
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error?.message ?? `HTTP ${response.status}`)
  return answer
}

/** Elements by hand: text is never read as markup. */
function make(tag, { text, ...attributes } = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value)
  }
  if (text !== undefined) node.textContent = text
  node.append(...children.filter(Boolean))
  return node
}

/** One line for lists: a call's outcome in words, no markdown signs. */
const oneLine = ({ kind, text, payload }) =>
  kind === 'call' ? (OUTCOMES[payload.outcome] ?? text) : text.replace(/<[^>]+>|\*\*|^> /gm, '').replace(/\n/g, ' ')

const formatter = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai',
  month: 'numeric',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})
const when = (at) => formatter.format(new Date(at))
const nameOf = (personId) => state.people.find((person) => person.personId === personId)?.name ?? personId

function tell(message) {
  el('notice').hidden = !message
  el('notice').textContent = message ?? ''
}

async function attempt(work) {
  try {
    tell(null)
    await work()
    await refresh()
  } catch (error) {
    tell(`没有成功：${error.message}`)
  }
}
const act = (as, id, what, more = {}) => attempt(() => api('act', { as, id, do: what, ...more }))

// ---- customer ---------------------------------------------------------------------------------------------------------

function chatView({ kf }) {
  if (kf.chat.length === 0)
    return [make('p', { class: 'empty', text: '还没有客服对话。\n在下方以客户身份说一句话，对话就开始了。' })]
  return kf.chat.flatMap(({ at, from, text, menu }) => {
    const lines = menu ? text.split('\n').filter((line) => !/^\[.*\]$/.test(line)) : [text]
    const bubble = make('div', { class: `bubble ${from === 'customer' ? 'mine' : ''}`, text: lines.join('\n') })
    if (menu)
      bubble.append(
        make(
          'div',
          { class: 'choices' },
          ...menu.map(({ id, content }) =>
            make('button', {
              type: 'button',
              text: content,
              onclick: () => act('customer', state.customer, 'click', { menuId: id }),
            }),
          ),
        ),
      )
    return [make('span', { class: 'stamp', text: when(at) }), bubble]
  })
}

function noticesView({ notices, grants }) {
  const wallet = make(
    'div',
    { class: 'sheet' },
    make('h3', { text: '订阅授权' }),
    ...grants.map(({ templateId, title, left }) =>
      make(
        'label',
        {},
        make('span', { text: `${title}` }),
        make('button', {
          type: 'button',
          text: `再允许一次（剩 ${left} 次）`,
          onclick: () => act('customer', state.customer, 'mp-subscribe', { templateId, accept: true }),
        }),
      ),
    ),
  )
  const cards = notices.map(({ at, text }) => {
    const [title, ...lines] = text.split('\n')
    return make(
      'div',
      { class: 'sheet' },
      make('div', { class: 'from', text: `服务通知 · ${when(at)}` }),
      make('h3', { text: title }),
      make(
        'dl',
        {},
        ...lines.flatMap((line) => {
          const [name, ...value] = line.split(':')
          return [make('dt', { text: name }), make('dd', { text: value.join(':') })]
        }),
      ),
    )
  })
  return [wallet, ...(cards.length > 0 ? cards : [make('p', { class: 'empty', text: '还没有服务通知。' })])]
}

function smsView({ sms, calls, contactChat }) {
  const rows = [
    ...sms.map((row) => ({ ...row, from: '短信' })),
    ...calls.map((row) => ({ ...row, from: '电话', text: OUTCOMES[row.payload.outcome] ?? row.text })),
    ...contactChat.map((row) => ({ ...row, from: '员工微信' })),
  ].sort((a, b) => (a.at < b.at ? -1 : 1))
  if (rows.length === 0) return [make('p', { class: 'empty', text: '还没有短信或电话。' })]
  return rows.map(({ at, from, text }) =>
    make('div', { class: 'sheet' }, make('div', { class: 'from', text: `${from} · ${when(at)}` }), make('p', { text })),
  )
}

const VIEWS = { chat: chatView, notices: noticesView, sms: smsView }

// ---- staff ------------------------------------------------------------------------------------------------------------

function cardView({ taskId, card, replacedBy, updatedAt }) {
  const click = (key, selected) =>
    act('staff', state.staff, 'click', { taskId, key, ...(selected ? { selected } : {}) })
  const facts = card.horizontal_content_list ?? []
  const selects = card.select_list ?? []
  const pickers = selects.map(({ question_key, title, option_list }) =>
    make(
      'label',
      {},
      make('span', { text: title ?? '' }),
      make(
        'select',
        { 'data-question': question_key, disabled: replacedBy !== null },
        ...option_list.map(({ id, text }) => make('option', { value: id, text })),
      ),
    ),
  )
  const sheet = make(
    'div',
    { class: `sheet ${replacedBy === null ? '' : 'grey'}` },
    make('div', { class: 'from', text: `${card.source?.desc ?? '应用'} · ${when(updatedAt)}` }),
    make('h3', { text: card.main_title?.title ?? '' }),
    card.main_title?.desc ? make('p', { text: card.main_title.desc }) : null,
    card.quote_area?.quote_text ? make('p', { text: `「${card.quote_area.quote_text}」` }) : null,
    card.sub_title_text ? make('p', { text: card.sub_title_text }) : null,
    facts.length > 0
      ? make(
          'dl',
          {},
          ...facts.flatMap(({ keyname, value }) => [make('dt', { text: keyname }), make('dd', { text: value ?? '' })]),
        )
      : null,
    ...pickers,
  )
  if (replacedBy !== null) sheet.append(make('div', { class: 'closed', text: replacedBy }))
  else if (card.submit_button) {
    const chosen = () =>
      Object.fromEntries(
        [...sheet.querySelectorAll('select')].map((select) => [select.dataset.question, [select.value]]),
      )
    sheet.append(
      make(
        'div',
        { class: 'buttons' },
        make('button', {
          type: 'button',
          class: 'first',
          text: card.submit_button.text ?? '提交',
          onclick: () => click(card.submit_button.key, chosen()),
        }),
      ),
    )
  } else {
    sheet.append(
      make(
        'div',
        { class: 'buttons' },
        ...(card.button_list ?? []).map(({ text, key }, i) =>
          make('button', { type: 'button', class: i === 0 ? 'first' : '', text, onclick: () => click(key) }),
        ),
      ),
    )
  }
  return sheet
}

function staffView({ cards, messages }) {
  const rows = [
    ...cards.map((card) => ({ at: card.sentAt, node: () => cardView(card) })),
    ...messages.map(({ at, text }) => ({
      at,
      node: () => make('div', { class: 'bubble', text: text.replace(/<[^>]+>/g, '').replace(/\*\*|^> /gm, '') }),
    })),
  ].sort((a, b) => (a.at < b.at ? -1 : 1))
  if (rows.length === 0)
    return [make('p', { class: 'empty', text: '还没有任务。\n拨动时钟，到时间的任务会出现在这里。' })]
  return rows.flatMap(({ at, node }) => [make('span', { class: 'stamp', text: when(at) }), node()])
}

// ---- ledger -----------------------------------------------------------------------------------------------------------

function showLedger(entries) {
  const shown = entries.filter(({ kind }) => !state.kind || kind === state.kind)
  el('count').textContent =
    `共 ${shown.length} 条${shown.length > SHOWN_ENTRIES ? `，显示最近 ${SHOWN_ENTRIES} 条` : ''}`
  const kinds = [...new Set(entries.map(({ kind }) => kind))]
  el('filters').replaceChildren(
    ...[null, ...kinds].map((kind) =>
      make('button', {
        type: 'button',
        'aria-pressed': String(state.kind === kind),
        text: kind === null ? '全部' : (KINDS[kind] ?? kind),
        onclick: () => {
          state.kind = kind
          void refresh()
        },
      }),
    ),
  )
  const rows = shown.slice(-SHOWN_ENTRIES).reverse()
  el('entries').replaceChildren(
    ...(rows.length > 0
      ? rows.map(({ at, kind, person, text, payload }) =>
          make(
            'li',
            {},
            make('time', { text: when(at) }),
            make('span', { class: 'kind', text: KINDS[kind] ?? kind }),
            make('span', { class: 'said', text: `${nameOf(person)}：${oneLine({ kind, text, payload })}` }),
          ),
        )
      : [make('li', {}, make('span'), make('span'), make('span', { class: 'said', text: '还没有记录。' }))]),
  )
}

// ---- all together -----------------------------------------------------------------------------------------------------

/** Replaces a screen only when it changed, and stays at the end if it was there. */
function show(screen, nodes, mark) {
  if (screen.dataset.mark === mark) return
  const atEnd = screen.scrollHeight - screen.scrollTop - screen.clientHeight < 60 || !screen.dataset.mark
  screen.dataset.mark = mark
  screen.replaceChildren(...nodes())
  if (atEnd) screen.scrollTop = screen.scrollHeight
}

async function refresh() {
  const [clock, customer, staff, ledger] = await Promise.all([
    api('clock'),
    state.customer ? api(`chats?person=${state.customer}`) : null,
    state.staff ? api(`chats?person=${state.staff}`) : null,
    api('ledger'),
  ])
  const day = new Intl.DateTimeFormat('zh-CN', {
    timeZone: 'Asia/Shanghai',
    year: 'numeric',
    month: 'long',
    day: 'numeric',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  el('now').textContent = day.format(new Date(clock.now))
  el('idle').textContent = state.moving
    ? '时间正在流动…'
    : clock.followers.length === 0
      ? '服务端未连接'
      : '时钟静止，等待拨动'
  if (customer) {
    el('customer-name').textContent = customer.person.name
    show(
      el('customer-screen'),
      () => VIEWS[state.tab](customer),
      `${state.customer} ${state.tab} ${JSON.stringify(customer)}`,
    )
  }
  if (staff) {
    el('staff-name').textContent = `${staff.person.name} · ${staff.person.position}`
    show(el('staff-screen'), () => staffView(staff), `${state.staff} ${JSON.stringify(staff)}`)
  }
  showLedger(Array.isArray(ledger) ? ledger : ledger.entries)
}

function press(container, attribute, value, flag) {
  for (const button of container.querySelectorAll(`[${attribute}]`))
    button.setAttribute(flag, String(button.getAttribute(attribute) === value))
}

async function move(ms) {
  state.moving = true
  const buttons = document.querySelectorAll('.moves button')
  for (const button of buttons) button.disabled = true
  try {
    await attempt(() => api('clock', { advance: ms, timeoutMs: 120_000 }))
  } finally {
    state.moving = false
    for (const button of buttons) button.disabled = false
    await refresh()
  }
}

async function start() {
  const { people } = await api('state')
  const ledger = await api('ledger')
  state.people = people
  // Whoever has most to show comes first.
  const weight = new Map()
  for (const { person } of Array.isArray(ledger) ? ledger : ledger.entries)
    weight.set(person, (weight.get(person) ?? 0) + 1)
  for (const kind of ['customer', 'staff']) {
    const list = people
      .filter((person) => person.kind === kind && !person.resigned)
      .sort((a, b) => (weight.get(b.personId) ?? 0) - (weight.get(a.personId) ?? 0))
    const select = el(`who-${kind}`)
    select.replaceChildren(
      ...list.map(({ personId, name, position }) =>
        make('option', {
          value: personId,
          text: `${name}${position ? ` · ${position}` : ''}（${weight.get(personId) ?? 0}）`,
        }),
      ),
    )
    state[kind] = list[0]?.personId ?? null
    select.addEventListener('change', () => {
      state[kind] = select.value
      void refresh()
    })
  }
  for (const button of document.querySelectorAll('.moves button'))
    button.addEventListener('click', () => void move(Number(button.dataset.advance)))
  for (const button of document.querySelectorAll('.tabs button'))
    button.addEventListener('click', () => {
      state.tab = button.dataset.tab
      press(document.querySelector('.tabs'), 'data-tab', state.tab, 'aria-selected')
      void refresh()
    })
  for (const button of document.querySelectorAll('.switch button'))
    button.addEventListener('click', () => {
      document.querySelector('main').dataset.view = button.dataset.view
      press(document.querySelector('.switch'), 'data-view', button.dataset.view, 'aria-pressed')
    })
  el('say').addEventListener('submit', (event) => {
    event.preventDefault()
    const text = el('words').value.trim()
    if (!text || !state.customer) return
    el('words').value = ''
    void act('customer', state.customer, 'say', { text })
  })
  el('reply').addEventListener('submit', (event) => {
    event.preventDefault()
    const text = el('summary').value.trim()
    if (!text || !state.staff) return
    el('summary').value = ''
    void act('staff', state.staff, 'say', { text })
  })
  await refresh()
  setInterval(() => refresh().catch((error) => tell(`连接中断：${error.message}`)), POLL_MS)
}

start().catch((error) => tell(`页面没有载入：${error.message}`))
