/** The sign-in pages of the vendors, at their paths: who somebody is, is chosen on the page; then the browser goes back with a code. */
import type { Scope } from './api/sign-in.ts'
import type { SimContext } from './api/types.ts'
import type { ControlAnswer } from './server.ts'
import type { Customer, Staff } from './state.ts'

const PATHS: Record<string, 'inside' | 'web'> = {
  '/connect/oauth2/authorize': 'inside',
  '/wwlogin/sso/login': 'web',
  '/wwopen/sso/qrConnect': 'web',
}

const escaped = (value: string) => value.replace(/[&<>"']/g, (one) => `&#${one.charCodeAt(0)};`)

const page = (status: number, title: string, body: string): ControlAnswer => ({
  status,
  type: 'text/html; charset=utf-8',
  body: `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><link rel="stylesheet" href="/web/sign-in.css"><link rel="icon" href="data:,"><main><h1>${title}</h1>${body}</main></html>`,
})

const refused = (errcode: number, words: string): ControlAnswer =>
  page(400, '无法登录', `<p class="wrong">${words}</p><p class="code">errcode ${errcode}</p>`)

/** `as=<personId>` answers for the person, as a tap on the page does. Null for any other path. */
export function signInPage(path: string, query: URLSearchParams, context: SimContext): ControlAnswer | null {
  const kind = Object.hasOwn(PATHS, path) ? PATHS[path] : undefined
  if (!kind) return null
  const { world, signIn, clock } = context
  const of = (name: string) => query.get(name) ?? ''
  const target = of('redirect_uri')
  if (of('appid') !== world.corp.corpId) return refused(40013, '企业 ID 不正确。')
  if (!URL.canParse(target)) return refused(50001, '回调地址不正确。')
  const { trustedDomains, appEnabled } = world.settings
  if (trustedDomains && !trustedDomains.includes(new URL(target).host))
    return refused(50001, '回调地址的域名不在可信域名之内。')
  if (!appEnabled) return refused(50003, '应用已停用。')
  if (!/^[a-zA-Z0-9]{0,128}$/.test(of('state'))) return refused(84025, 'state 只能是 128 个以内的字母与数字。')
  const scope: Scope = kind === 'inside' && of('scope') === 'snsapi_privateinfo' ? 'snsapi_privateinfo' : 'snsapi_base'
  const needsAgent = kind === 'web' || scope === 'snsapi_privateinfo'
  if (needsAgent && Number(of('agentid')) !== world.corp.agentId) return refused(40056, '应用 ID 不正确。')
  if (kind === 'inside' && of('response_type') !== 'code') return refused(40058, 'response_type 应为 code。')

  const person = world.byPersonId.get(of('as'))
  if (person && (person.kind === 'staff' || kind === 'inside')) {
    const back = new URL(target)
    back.searchParams.set('code', signIn.code(person, scope, clock.now()))
    if (of('state')) back.searchParams.set('state', of('state'))
    return { status: 302, body: '', type: 'text/plain', location: back.href }
  }
  return page(200, kind === 'web' ? '企业微信扫码登录' : '企业微信授权登录', choices(path, query, context, kind))
}

function choices(path: string, query: URLSearchParams, { world }: SimContext, kind: 'inside' | 'web'): string {
  const link = ({ personId, name }: Staff | Customer, about: string) => {
    const chosen = new URLSearchParams(query)
    chosen.set('as', personId)
    return `<li><a href="${escaped(`${path}?${chosen}`)}"><b>${escaped(name)}</b><span>${escaped(about)}</span></a></li>`
  }
  const staff = world.staff.filter(({ resigned }) => !resigned)
  // In WeCom's own browser a customer of WeChat may come by, too.
  const customers = kind === 'inside' ? world.customers.slice(0, 20) : []
  const lead = kind === 'web' ? '请选择用哪位员工的企业微信扫码：' : '请选择以谁的身份打开这个页面：'
  return `<p>${lead}</p><ul>${staff.map((one) => link(one, one.position)).join('')}${customers
    .map((one) => link(one, '微信客户'))
    .join('')}</ul><p class="code">登录后回到 ${escaped(new URL(query.get('redirect_uri') ?? '').host)}</p>`
}
