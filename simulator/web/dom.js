/** Elements by hand: text is never read as markup. */
export const el = (id) => document.getElementById(id)

export function make(tag, { text, ...attributes } = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value)
    else if (value !== undefined && value !== false) node.setAttribute(name, value === true ? '' : value)
  }
  if (text !== undefined) node.textContent = text
  node.append(...children.filter(Boolean))
  return node
}

/** Addresses in a text can be opened; the rest stays text. */
export const linked = (text) =>
  text
    .split(/(https?:\/\/[\w.:/?&=%~-]+)/)
    .map((part, i) => (i % 2 === 1 ? make('a', { href: part, target: '_blank', rel: 'noreferrer', text: part }) : part))

export const empty = (text) => make('p', { class: 'empty', text })
export const stamp = (at) => make('span', { class: 'stamp', text: when(at) })

export function press(container, attribute, value, flag) {
  for (const button of container.querySelectorAll(`[${attribute}]`))
    button.setAttribute(flag, String(button.getAttribute(attribute) === value))
}

const inChina = (options) =>
  new Intl.DateTimeFormat('zh-CN', {
    timeZone: 'Asia/Shanghai',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...options,
  })
const short = inChina({ month: 'numeric', day: 'numeric' })
const long = inChina({ year: 'numeric', month: 'long', day: 'numeric', weekday: 'short' })
export const when = (at) => short.format(new Date(at))
/** 2026年3月12日周四 10:00, with a space where the browser leaves none. */
export const fullDate = (at) => long.format(new Date(at)).replace(/日(?=周)/, '日 ')
