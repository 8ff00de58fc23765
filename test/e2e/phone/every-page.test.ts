/// <reference lib="dom" />
/** Every page of the program in every state, on a small, a usual and a large screen. A page without a case fails here. */
import { readFileSync } from 'node:fs'
import type { Route } from 'playwright-core'
import { afterAll, describe, expect, test } from 'vitest'
import { freePort } from '../../../scripts/ports.ts'
import { withEveryKind } from '../../support/every-kind.ts'
import { type OpenPhone, withoutBrowser } from '../../support/phone.ts'
import { stumblesOf, watchPatches } from '../../support/phone-looks.ts'
import { LONG_NAME, peopleOf } from '../../support/phone-people.ts'
import { phoneWorld } from '../../support/phone-world.ts'
import { type Case, type Ids, pages, STATES } from './every-page-cases.ts'

const WIDTHS = [430, 375, 320]
const HEIGHT = 780
const MOST_PX = 6_000
/** Longer than a touch is shown. */
const LATE_MS = 300
const MOST_PATCH_BYTES = 50_000
const API = '**/mp-api/**'

interface InPage {
  __mp: { errors: string[] }
  wx: { reLaunch(options: { url: string }): Promise<unknown> }
}

withEveryKind()

interface AppJson {
  pages: string[]
  subPackages: { root: string; pages: string[] }[]
}
const app = JSON.parse(readFileSync('miniprogram/app.json', 'utf8')) as AppJson
const paths = [...app.pages, ...app.subPackages.flatMap(({ root, pages: own }) => own.map((one) => `${root}/${one}`))]

test('every page has a case, or a reason, for every state', () => {
  expect(Object.keys(pages).toSorted()).toEqual(paths.toSorted())
  for (const states of Object.values(pages))
    expect(Object.keys(states).filter((one) => one !== 'also')).toEqual([...STATES])
})

const cases = Object.entries(pages).flatMap(([path, { also = {}, ...states }]) =>
  Object.entries({ ...states, ...also }).flatMap(([state, one]) =>
    typeof one === 'string' ? [] : [{ path, state, one, name: `${path.replace(/^pages\/|\/index$/g, '')} ${state}` }],
  ),
)

describe.skipIf(withoutBrowser)('every page', async () => {
  if (withoutBrowser) return
  const world = await phoneWorld(new Date('2026-03-09T10:00+08:00'), 5, await freePort())
  const people = await peopleOf(world)
  const { api } = world
  const idOf = async ({ mp }: (typeof people)['full'], path: string) =>
    (await mp<{ items: { id: string }[] }>('GET', path)).items[0]?.id ?? ''
  const invited = async (who: 'full' | 'much') => {
    const { customerId, storeId, treatmentId } = people[who]
    const body = { externalId: `every-${who}`, surveyIds: ['every_kind'], customerId, storeId, treatmentId }
    return String((await api.call('POST', '/api/v1/survey-invitations', body)).invitationId)
  }
  const idsOf = async (who: 'full' | 'much'): Promise<Ids> => ({
    treatmentId: people[who].treatmentId,
    complaintId: who === 'much' ? people.longComplaintId : await idOf(people.full, '/complaints'),
    repliedId: people.repliedId,
    objectedId: people.objectedId,
    acceptedId: people.acceptedId,
    photoId: await idOf(people[who], '/photos'),
    invitationId: await invited(who),
  })
  const ids = { full: await idsOf('full'), much: await idsOf('much') }
  const personIds = {
    newcomer: people.newcomer,
    stranger: people.stranger.personId,
    empty: people.empty.personId,
    full: people.full.personId,
    much: people.much.personId,
  }

  const phones = new Map<string, Promise<{ phone: OpenPhone; patches(): Promise<Record<string, number>> }>>()
  const phoneOf = (who: Case['who']) => {
    const open = async () => {
      const phone = await world.open({ person: personIds[who], height: HEIGHT })
      await phone.find('[aria-label=正在打开]').waitFor({ state: 'detached' })
      return { phone, patches: await watchPatches(phone.page) }
    }
    const opened = phones.get(who) ?? open()
    phones.set(who, opened)
    return opened
  }
  afterAll(async () => {
    for (const one of phones.values()) await (await one).phone.close()
  })

  /** While `run` runs, the server is as the case wants it. */
  async function withServer(phone: OpenPhone, server: Case['server'], run: () => Promise<void>): Promise<void> {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const handler = async (route: Route) => {
      if (server === 'slow') await held
      await (server === 'away' ? route.abort() : route.continue()).catch(() => undefined)
    }
    if (server) await phone.page.route(API, handler)
    await run().finally(async () => {
      release()
      if (server) await phone.page.unroute(API, handler)
    })
  }

  /** Goes there as a link would, and does what a person does. */
  async function goTo(phone: OpenPhone, path: string, { who, query, sees, act }: Case): Promise<void> {
    const address = `/${path}${query ? `?${new URLSearchParams(query(ids[who === 'much' ? 'much' : 'full']))}` : ''}`
    await phone.page.evaluate((url) => {
      const { __mp, wx } = window as unknown as InPage
      __mp.errors.length = 0
      void wx.reLaunch({ url })
    }, address)
    await act?.(phone)
    await phone
      .find(sees.startsWith('[') ? sees : `text=${sees}`)
      .first()
      .waitFor()
    await released(phone)
  }

  /** What was pressed is paler for a moment. */
  const released = (phone: OpenPhone) => phone.find('[class*=pressed]').first().waitFor({ state: 'detached' })

  async function stumbles(phone: OpenPhone, width: number): Promise<string[]> {
    const look = async () => [...(await stumblesOf(phone.page, width)), ...(await phone.smallTargets())]
    const found = await look()
    if (found.length === 0) return found
    // A busy machine shows late that something was pressed: what is wrong is so at the second look, too.
    await phone.page.waitForTimeout(LATE_MS)
    await released(phone)
    return look()
  }

  async function shoot(phone: OpenPhone, name: string, width: number): Promise<void> {
    const needed = await phone.page.evaluate(() => {
      const scroller = document.querySelector('wx-page-host:not([hidden]) wx-page')
      return scroller ? scroller.scrollHeight + innerHeight - scroller.clientHeight : 0
    })
    await phone.page.setViewportSize({ width, height: Math.min(MOST_PX, Math.max(HEIGHT, needed)) })
    await phone.looksRight(`every/${name} ${width}`)
    await phone.page.setViewportSize({ width, height: HEIGHT })
  }

  test.each(cases)('$name', async ({ path, one, name }) => {
    const { phone } = await phoneOf(one.who)
    await phone.page.setViewportSize({ width: 375, height: HEIGHT })
    const found: Record<string, string[]> = {}
    await withServer(phone, one.server, async () => {
      await goTo(phone, path, one)
      for (const width of WIDTHS) {
        const here = await stumbles(phone, width)
        if (here.length > 0) found[width] = here
        await shoot(phone, name.replaceAll('/', '-'), width)
      }
    })
    expect(found).toEqual({})
  })

  test('the first page comes with one request, and no page asks for the same twice', async () => {
    const phone = await world.open({ person: personIds.much })
    const greeted = () => phone.text(LONG_NAME.slice(0, 8)).first().waitFor()
    await greeted()
    const asked: string[] = []
    phone.page.on('request', (request) => {
      const [, of] = /\/mp-api\/([^?]*)/.exec(request.url()) ?? []
      if (of && !of.endsWith('/image')) asked.push(of)
    })
    // The agreement was said on another phone: looked at once, and never again.
    await phone.page.reload()
    await greeted()
    expect(asked.filter((of) => of !== 'consents')).toEqual(['home'])
    const most: Record<string, number> = { 'pages/photos/index': 3, 'pages/photos/photo/index': 2 }
    for (const [path, { full }] of Object.entries(pages)) {
      if (typeof full === 'string' || full.who !== 'full' || full.act) continue
      asked.length = 0
      await goTo(phone, path, { ...full, who: 'much', sees: '[class*=page]' })
      await phone.find('[aria-label=正在打开]').waitFor({ state: 'detached' })
      expect([path, new Set(asked).size === asked.length, asked.length <= (most[path] ?? 1)]).toEqual([
        path,
        true,
        true,
      ])
    }
    await phone.close()
  })

  test('what a page draws at once is less than 50 kB', async () => {
    const all: Record<string, number> = {}
    for (const one of phones.values())
      for (const [path, bytes] of Object.entries(await (await one).patches()))
        all[path] = Math.max(all[path] ?? 0, bytes)
    expect(Object.keys(all).length).toBeGreaterThan(paths.length - 2)
    console.log('largest patch by page, bytes:', all)
    expect(Object.entries(all).filter(([, bytes]) => bytes >= MOST_PATCH_BYTES)).toEqual([])
  })
})
