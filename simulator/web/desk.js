/** The clinic's front desk: enters treatments, moves an operation, and shows what becomes of the plan. Next door: decisions by hand, staff leave. */
import { openAbsences, showAbsences } from './absences.js'
import { busy, changeView, day, desk, failed, option, say, working } from './desk-forms.js'
import { el, make, when } from './dom.js'
import { openHand, showHand } from './hand.js'

const state = { catalogue: null, person: null, plans: [], drawn: null, now: null, request: 0 }
let deps = null

function stepRow({ title, on, at, status, reason }) {
  return make(
    'li',
    {},
    make('time', { text: at ? when(at) : day(on) }),
    make('span', { class: 'what', text: title }),
    make('span', { class: 'state', text: reason && reason !== status ? `${status} · ${reason}` : status }),
  )
}

const titleOf = ({ name, on, steps }) => {
  const open = steps.filter(({ status }) => status === '已排定' || status === '等待医生确定日期')
  return `${name} · ${day(on)} · 已排定 ${open.length} 次联系`
}

/** What was over before it was entered is counted, not listed. */
function stepsView({ steps }) {
  const listed = steps.filter(({ status }) => status !== OVER)
  const over = steps.length - listed.length
  if (steps.length === 0) return [make('p', { text: '护理计划还在生成，稍后再看。' })]
  return [
    make('ol', { class: 'steps' }, ...listed.map(stepRow)),
    over > 0 ? make('p', { class: 'hint', text: `另有 ${over} 项在录入前已过时间窗，不会补发。` }) : null,
  ].filter(Boolean)
}
const OVER = '录入时已过期'

function fillKinds() {
  const { kinds } = state.catalogue
  el('desk-code').replaceChildren(...kinds.map(({ code, name }) => option(code, name)))
  techniques()
}
function techniques() {
  const kind = state.catalogue.kinds.find(({ code }) => code === el('desk-code').value)
  const choices = kind?.techniques ?? []
  el('desk-technique-row').hidden = choices.length === 0
  el('desk-technique').replaceChildren(
    option('', '由医生确定'),
    ...choices.map((one) => option(one, one.toUpperCase())),
  )
}

async function enter(form) {
  const result = el('desk-entered')
  await working(form, result, '正在录入并生成护理计划…', async () => {
    const technique = el('desk-technique').value
    const plan = await desk('treatments', {
      person: state.person,
      storeId: el('desk-store').value,
      code: el('desk-code').value,
      ...(technique ? { technique } : {}),
    })
    say(result, 'good', make('h4', { text: titleOf(plan) }), ...stepsView(plan))
    await load()
    // Whoever moves something next moves this.
    el('desk-treatment').value = plan.id
    showPlans()
    await deps.changed()
  })
}

async function move(form, isPreview) {
  const result = el('desk-moved')
  const treatmentId = el('desk-treatment').value
  const on = el('desk-on').value
  if (!treatmentId) return failed(result, new Error('请先选择一次治疗'))
  if (!on) return failed(result, new Error('请选择新的日期'))
  await working(form, result, isPreview ? '正在推算变化…' : '正在改期…', async () => {
    const change = await desk(isPreview ? 'moves/preview' : 'moves', { treatmentId, on })
    const head = make('p', {
      class: 'head',
      text: isPreview ? '日期更改后会这样（尚未保存）：' : '已更改日期，护理计划随之变化：',
    })
    say(result, isPreview ? 'preview' : 'good', head, ...changeView(change))
    if (isPreview) return
    await load()
    await deps.changed()
  })
}

function showPlans() {
  const { plans } = state
  const select = el('desk-treatment')
  const before = select.value
  select.replaceChildren(
    ...(plans.length > 0
      ? plans.map(({ id, name, on }) => option(id, `${name} · ${day(on)}`))
      : [option('', '还没有治疗记录')]),
  )
  if (plans.some(({ id }) => id === before)) select.value = before
  el('desk-on').value = plans.find(({ id }) => id === select.value)?.on ?? ''
  // What was opened stays open.
  const isOpen = new Set([...el('desk-plans').querySelectorAll('details[open]')].map(({ dataset }) => dataset.plan))
  el('desk-plans').replaceChildren(
    ...(plans.length > 0
      ? plans.map((plan) =>
          make(
            'details',
            { 'data-plan': plan.id, open: isOpen.has(plan.id) },
            make('summary', { text: titleOf(plan) }),
            ...stepsView(plan),
          ),
        )
      : [make('p', { class: 'empty', text: '这位客户还没有治疗记录。\n在上面录入一次，护理计划会立刻排好。' })]),
  )
}

/** The plans of the person; what came back for somebody else meanwhile is dropped. */
async function load() {
  const mine = ++state.request
  try {
    const { treatments } = await desk(`treatments?person=${state.person}`)
    if (mine !== state.request) return
    state.plans = treatments
    showPlans()
    const isOther = state.drawn !== state.person
    state.drawn = state.person
    await showHand(treatments, { isOther })
  } catch (error) {
    if (mine === state.request) failed(el('desk-plans'), error)
  }
}

/** Another customer stands at the desk, another member of staff is looked at, or time has moved. */
export function showDesk({ customer: person, staff, now }) {
  if (state.catalogue) showAbsences(staff, now)
  if (!state.catalogue) return
  if ((person?.personId ?? null) === state.person) {
    // Time has moved: what was planned may be done.
    if (now === null || now === state.now) return
    state.now = now
    if (state.person) void load()
    return
  }
  state.person = person?.personId ?? null
  state.now = now ?? state.now
  el('desk-who').textContent = person?.name ?? '—'
  for (const id of ['desk-entered', 'desk-moved']) el(id).replaceChildren()
  busy(el('desk-plans'), '正在读取护理计划…')
  if (state.person) void load()
}

/** `changed`: something happened that the phones may show. */
export async function openDesk(given) {
  deps = given
  state.catalogue = await desk('catalogue')
  el('desk-store').replaceChildren(...state.catalogue.stores.map(({ id, name }) => option(id, name)))
  fillKinds()
  el('desk-code').addEventListener('change', techniques)
  el('desk-treatment').addEventListener('change', showPlans)
  el('desk-enter').addEventListener('submit', (event) => {
    event.preventDefault()
    void enter(el('desk-enter'))
  })
  el('desk-move').addEventListener('submit', (event) => {
    event.preventDefault()
    void move(el('desk-move'), false)
  })
  openAbsences(given)
  openHand({
    async reload() {
      await load()
      await given.changed()
    },
  })
  el('desk-preview').addEventListener('click', () => void move(el('desk-move'), true))
}
