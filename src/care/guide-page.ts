/** The page of a care guide, with its drawings: for whoever opens the link in a message. Pure; the treatment's words only. */
import type { TreatmentKind } from '../treatments/index.ts'
import type { Drawing } from './drawings.ts'
import { STYLE } from './guide-style.ts'
import { type Guide, type GuideAddress, MILESTONE_NAMES, MILESTONES, type Moment } from './guides.ts'

/** Path and query of a page. Nothing in it tells who reads. */
export function guidePath({ code, technique, moment, storeId }: GuideAddress): string {
  const query = new URLSearchParams({ ...(technique ? { t: technique } : {}), ...(storeId ? { s: storeId } : {}) })
  return `/p/guides/${code}/${moment}${query.size > 0 ? `?${query}` : ''}`
}

/** Day or milestone of a path; null for anything else. */
export function momentIn(text: string): Moment | null {
  if (/^\d{1,3}$/.test(text)) return Number(text)
  return MILESTONES.find((one) => one === text) ?? null
}

const SINCE: Partial<Record<TreatmentKind['category'], string>> = {
  surgery: '术后',
  hair_transplant: '术后',
  salon: '护理后',
  product: '购买后',
}
const sinceOf = ({ category }: Pick<TreatmentKind, 'category'>) => SINCE[category] ?? '治疗后'
const shortName = (moment: Moment): string =>
  typeof moment === 'string' ? MILESTONE_NAMES[moment] : moment === 0 ? '当天' : `第 ${moment} 天`
const longName = (kind: Pick<TreatmentKind, 'category'>, moment: Moment): string =>
  typeof moment === 'string' && !moment.startsWith('month')
    ? MILESTONE_NAMES[moment]
    : `${sinceOf(kind)}${shortName(moment)}`

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const safe = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign)
/** An extension (转) is dialled after a pause: run together with the number it would reach somebody else. */
const dialled = (phone: string): string => phone.replace(/[^\d+转]/g, '').replace('转', ',')
const dial = (phone: string): string => `<a href="tel:${dialled(phone)}">${safe(phone)}</a>`

export interface GuidePage {
  address: GuideAddress
  kind: Pick<TreatmentKind, 'name' | 'category'>
  guide: Guide
  drawings: readonly Drawing[]
  /** Every moment that has a page, in the order in which the customer meets them. */
  moments: readonly Moment[]
  store: { displayName: string; callbackPhone: string; emergencyPhone: string } | null
}

export function renderGuide({ address, kind, guide, drawings, moments, store }: GuidePage): string {
  const emergency = store?.emergencyPhone || store?.callbackPhone
  const title = `${kind.name} · ${longName(kind, address.moment)}护理要点`
  return dressed(
    title,
    `<header>
<p class="store">${safe(store?.displayName ?? '术后关怀')}</p>
<h1>${safe(kind.name)}</h1>
<p class="when">${longName(kind, address.moment)} · 护理要点</p>
</header>
<main>
<section class="card words"><ul>${linesOf(guide.text)
      .map((line) => `<li>${safe(line)}</li>`)
      .join('')}</ul></section>
${drawings.length > 0 ? `<section class="drawings" aria-label="图示">${drawings.map(figure).join('')}</section>` : ''}
<section class="card urgent"><h2>请立即联系我们</h2><p>如出现${safe(guide.urgent)}，请不要等待，立即拨打${
      emergency ? dial(emergency) : '门店的紧急电话'
    }。</p></section>
${store ? `<p class="call">有任何不适或疑问，欢迎随时回复我们的消息，或致电 ${dial(store.callbackPhone)}。</p>` : '<p class="call">有任何不适或疑问，欢迎随时回复我们的消息。</p>'}
</main>
<nav aria-label="其他时间的护理要点">${moments.map((one) => chip(address, one)).join('')}</nav>
<footer>护理要点不能代替医生的诊治；您的医生另有交代的，请以医生的话为准。</footer>`,
  )
}

/** What can't be shown, and what to do instead. */
export const renderRefusal = (message: string): string =>
  dressed(
    '护理要点',
    `<header><p class="store">术后关怀</p><h1>护理要点</h1></header>
<main><section class="card"><p>${safe(message)}</p><p>如需帮助，请直接回复我们的消息，或致电您的门店，我们随时都在。</p></section></main>`,
  )

/** Guides are written as lines with a dot before them. */
export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/^\s*[·•-]\s*/, '').trim())
    .filter(Boolean)

const figure = ({ caption, svg }: Drawing): string =>
  `<figure class="card">${svg.trim()}<figcaption>${safe(caption)}</figcaption></figure>`

const chip = (address: GuideAddress, moment: Moment): string =>
  moment === address.moment
    ? `<span aria-current="page">${shortName(moment)}</span>`
    : `<a href="${safe(guidePath({ ...address, moment }))}">${shortName(moment)}</a>`

const dressed = (title: string, body: string): string => `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="format-detection" content="telephone=no">
<title>${safe(title)}</title>
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`
