/** The record: everything that reached a person, newest first; what came since the clock was last moved is marked. */
import { el, make, when } from './dom.js'
import { KINDS, oneLine } from './words.js'

const SHOWN = 120
let wanted = null
let drawn = ''

const filter = (kind, again) =>
  make('button', {
    type: 'button',
    'aria-pressed': String(wanted === kind),
    text: kind === null ? '全部' : (KINDS[kind] ?? kind),
    onclick: () => {
      wanted = kind
      again()
    },
  })

function row({ at, kind, text, payload, person, isNew }, people, open) {
  const words = make('span', { class: 'said', text: oneLine({ kind, text, payload }) })
  return make(
    'li',
    { class: isNew ? 'new' : '' },
    make('time', { text: when(at) }),
    make('span', { class: 'kind', text: KINDS[kind] ?? kind }),
    make(
      'div',
      { class: 'words' },
      make('button', {
        type: 'button',
        class: 'who',
        title: '查看手机',
        text: people.get(person)?.name ?? person,
        onclick: () => open(person),
      }),
      words,
    ),
  )
}

/** `seen` = how many entries there were before the clock was moved; `open` shows a person's phone. */
export function showRecord(entries, { seen, people, open, again }) {
  const mark = `${entries.length} ${seen} ${wanted}`
  // Drawn only when it changed: a name that is being pressed stays where it is.
  if (mark === drawn) return
  drawn = mark
  const fresh = entries.length - seen
  const shown = entries
    .map((entry, i) => ({ ...entry, isNew: i >= seen }))
    .filter(({ kind }) => wanted === null || kind === wanted)
  const cut = shown.length > SHOWN ? `，显示最近 ${SHOWN} 条` : ''
  el('count').textContent = `共 ${shown.length} 条${cut}`
  el('fresh').textContent = fresh > 0 ? `新增 ${fresh} 条` : ''
  el('badge').textContent = fresh > 0 ? `+${fresh}` : ''
  el('filters').replaceChildren(
    filter(null, again),
    ...[...new Set(entries.map(({ kind }) => kind))].map((kind) => filter(kind, again)),
  )
  const rows = shown.slice(-SHOWN).reverse()
  el('entries').replaceChildren(
    ...(rows.length > 0
      ? rows.map((entry) => row(entry, people, open))
      : [make('li', { class: 'none', text: '还没有记录。拨动时钟，到时间的联系会出现在这里。' })]),
  )
}
