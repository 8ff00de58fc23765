/** Customers as the app reads them, the remark it writes, and what people do with contacts by hand. */
import { describe, expect, test } from 'vitest'
import { befriend } from '../../../simulator/index.ts'
import { callbackServer, type Json, START, simWorld, tag } from './support.ts'

const { simulator, wecom, control, later, quiet } = await simWorld({ customers: 260 })
const { ready, world } = simulator
const server = await callbackServer({ token: ready.callbackToken, aesKey: ready.callbackAesKey })
await control('POST', 'callback-target', { wecomUrl: server.url })
const [ann, bea, cleo] = world.customers
const [member, colleague, third] = world.staff
if (!ann || !bea || !cleo || !member || !colleague || !third) throw new Error('the world has people')

const external = (name: string, body: Json) => wecom(`/cgi-bin/externalcontact/${name}`, body)
const get = (id: string, more: Record<string, string> = {}) =>
  wecom('/cgi-bin/externalcontact/get', undefined, { external_userid: id, ...more })
const list = (userid: string) => wecom('/cgi-bin/externalcontact/list', undefined, { userid })
const act = (as: 'customer' | 'staff', id: string, what: string, more: Json = {}) =>
  simulator.act({ as, id, do: what, ...more })
async function event(work: () => unknown): Promise<(name: string) => string | undefined> {
  await quiet()
  const before = server.received.length
  work()
  await server.until(before + 1)
  return (name) => tag(server.received.at(-1)?.message ?? '', name)
}
const set = (userId: string, more: Json) => control('POST', 'member', { userId, ...more })

describe('members who have customers', () => {
  test('are those in the scope with the permission', async () => {
    const listed = async () => (await wecom('/cgi-bin/externalcontact/get_follow_user_list')).follow_user as string[]
    expect(await listed()).toContain(third.userId)
    for (const change of [{ inScope: false }, { servesCustomers: false }]) {
      await set(third.userId, change)
      expect(await listed()).not.toContain(third.userId)
      await set(third.userId, { inScope: true, servesCustomers: true })
    }
  })

  test('one without the permission is 84074, out of scope 60021, unknown 60111, unnamed 41009', async () => {
    await set(third.userId, { servesCustomers: false })
    expect((await list(third.userId)).errcode).toBe(84074)
    await set(third.userId, { servesCustomers: true, inScope: false })
    expect((await list(third.userId)).errcode).toBe(60021)
    expect((await wecom('/cgi-bin/user/get', undefined, { userid: third.userId })).errcode).toBe(60011)
    await set(third.userId, { inScope: true })
    expect((await list('nobody')).errcode).toBe(60111)
    expect((await list('')).errcode).toBe(41009)
  })
})

describe('a customer', () => {
  test('is shown with the followers; the unionid only where a developer id is bound', async () => {
    act('customer', ann.personId, 'add-contact', { userId: member.userId, state: 'store-1' })
    expect(await get(ann.externalUserId)).toMatchObject({
      external_contact: { external_userid: ann.externalUserId, type: 1, unionid: ann.unionId },
      follow_user: [{ userid: member.userId, state: 'store-1', add_way: 1, oper_userid: ann.externalUserId, tags: [] }],
    })
    await control('POST', 'settings', { unionIds: false })
    expect((await get(ann.externalUserId)).external_contact).not.toHaveProperty('unionid')
    await control('POST', 'settings', { unionIds: true })
  })

  test('is shown without followers whom the app may not see', async () => {
    await set(member.userId, { inScope: false })
    expect((await get(ann.externalUserId)).errcode).toBe(84061)
    await set(member.userId, { inScope: true })
  })

  test('unnamed is 41035, unknown 40096, nobody’s 84061', async () => {
    expect((await get('')).errcode).toBe(41035)
    expect((await get('wm-unknown')).errcode).toBe(40096)
    expect((await get(bea.externalUserId)).errcode).toBe(84061)
    expect((await get(ann.externalUserId, { cursor: 'x' })).errcode).toBe(50100)
  })
})

describe('a remark', () => {
  const remark = (more: Json) =>
    external('remark', { userid: member.userId, external_userid: ann.externalUserId, ...more })

  test('is kept, and no event tells of it', async () => {
    await quiet()
    const before = server.received.length
    expect((await remark({ remark: '王女士', description: '水光', remark_company: '华颜' })).errcode).toBe(0)
    await remark({ remark_mobiles: ['13800000000'] })
    const expected = {
      remark: '王女士',
      description: '水光',
      remark_corp_name: '华颜',
      remark_mobiles: ['13800000000'],
    }
    expect(await get(ann.externalUserId)).toMatchObject({ follow_user: [expected] })
    await remark({ remark_mobiles: [''] })
    expect(await get(ann.externalUserId)).toMatchObject({ follow_user: [{ remark_mobiles: [] }] })
    expect(server.received).toHaveLength(before)
  })

  test.each<[string, Json, number]>([
    ['nothing to change', {}, 40058],
    ['21 characters', { remark: '字'.repeat(21) }, 40058],
    ['a description of 151', { description: '字'.repeat(151) }, 40058],
    ['a company of 21', { remark_company: '字'.repeat(21) }, 40058],
    ['a picture that is not there', { remark_pic_mediaid: 'x' }, 40007],
    ['somebody else’s customer', { external_userid: bea.externalUserId, remark: 'x' }, 84061],
    ['no customer', { external_userid: '', remark: 'x' }, 41035],
  ])('%s is refused', async (_, more, errcode) => {
    expect((await remark(more)).errcode).toBe(errcode)
  })
})

describe('page by page', () => {
  const rest = world.customers.slice(3)
  const contact = { createdAt: START, state: null, remark: '', remarkMobiles: [] }
  for (const one of rest) befriend(world, one, colleague.userId, contact)
  for (const one of rest.slice(0, 5)) befriend(world, one, third.userId, contact)
  const page = (cursor: unknown, limit = 100) =>
    external('batch/get_by_user', { userid_list: [colleague.userId, third.userId], cursor, limit })
  const idsOf = (answer: Json) =>
    (answer.external_contact_list as Json[]).map(
      ({ external_contact, follow_info }) =>
        `${(follow_info as Json).userid} ${(external_contact as Json).external_userid}`,
    )

  test('everybody comes once, one member after the other, 100 at most at a time', async () => {
    const seen: string[] = []
    const sizes: number[] = []
    let cursor: unknown = ''
    do {
      const answer = await page(cursor, 1_000)
      seen.push(...idsOf(answer))
      sizes.push(idsOf(answer).length)
      cursor = answer.next_cursor
    } while (cursor)
    expect(sizes).toEqual([100, 100, 62])
    expect(seen).toEqual([
      ...rest.map(({ externalUserId }) => `${colleague.userId} ${externalUserId}`),
      ...rest.slice(0, 5).map(({ externalUserId }) => `${third.userId} ${externalUserId}`),
    ])
  })

  test('whoever goes or comes between two pages makes nobody be left out or come twice', async () => {
    const first = await page('', 50)
    const [gone] = rest
    act('customer', String(gone?.personId), 'delete-contact', { userId: colleague.userId })
    act('customer', cleo.personId, 'add-contact', { userId: colleague.userId })
    const seen = idsOf(first)
    let cursor: unknown = first.next_cursor
    while (cursor) {
      const answer = await page(cursor, 50)
      seen.push(...idsOf(answer))
      cursor = answer.next_cursor
    }
    expect(new Set(seen).size).toBe(seen.length)
    expect(seen).toHaveLength(263)
    expect(seen).toContain(`${colleague.userId} ${cleo.externalUserId}`)
  })

  test.each<[string, Json, number]>([
    ['nobody named', { userid_list: [] }, 40058],
    ['101 members', { userid_list: Array(101).fill(colleague.userId) }, 40058],
    ['a cursor of another list', { cursor: 'abc' }, 50100],
    ['a negative limit', { limit: -1 }, 40058],
  ])('%s is refused', async (_, more, errcode) => {
    expect((await external('batch/get_by_user', { userid_list: [colleague.userId], ...more })).errcode).toBe(errcode)
  })
})

describe('by hand', () => {
  test('the customer adds, the member confirms later: two events, one welcome code', async () => {
    const half = await event(() =>
      act('customer', bea.personId, 'add-contact', { userId: member.userId, state: 's', half: true }),
    )
    expect([half('ChangeType'), half('State')]).toEqual(['add_half_external_contact', 's'])
    const code = half('WelcomeCode')
    expect((await external('send_welcome_msg', { welcome_code: code, text: { content: '您好' } })).errcode).toBe(0)
    const whole = await event(() => act('staff', member.personId, 'accept-contact', { customer: bea.personId }))
    expect([whole('ChangeType'), whole('State'), whole('WelcomeCode')]).toEqual([
      'add_external_contact',
      's',
      undefined,
    ])
  })

  test('the member changes a remark', async () => {
    const more = { customer: bea.personId, remark: '李姐', description: '怕疼' }
    const told = await event(() => act('staff', member.personId, 'edit-contact', more))
    expect([told('ChangeType'), told('ExternalUserID')]).toEqual(['edit_external_contact', bea.externalUserId])
    expect(await get(bea.externalUserId)).toMatchObject({ follow_user: [{ remark: '李姐', description: '怕疼' }] })
  })

  test('the member deletes the customer, the customer deletes the member', async () => {
    const byMember = await event(() => act('staff', member.personId, 'delete-customer', { customer: bea.personId }))
    expect([byMember('ChangeType'), byMember('Source')]).toEqual(['del_external_contact', undefined])
    const byCustomer = await event(() => act('customer', ann.personId, 'delete-contact', { userId: member.userId }))
    expect([byCustomer('ChangeType'), byCustomer('UserID')]).toEqual(['del_follow_user', member.userId])
    expect((await list(member.userId)).errcode).toBe(84061)
  })

  test('a member who is full gets no further customer', async () => {
    await set(member.userId, { customerCap: 0 })
    expect(() => act('customer', ann.personId, 'add-contact', { userId: member.userId })).toThrow('no more customers')
    await set(member.userId, { customerCap: null })
  })

  test('with a welcome of the administrator’s own no code comes', async () => {
    await control('POST', 'settings', { ownWelcome: true })
    const told = await event(() => act('customer', ann.personId, 'add-contact', { userId: member.userId }))
    expect([told('ChangeType'), told('WelcomeCode')]).toEqual(['add_external_contact', undefined])
    await control('POST', 'settings', { ownWelcome: false })
  })
})

describe('the welcome', () => {
  const add = async () => {
    act('customer', cleo.personId, 'delete-contact', { userId: colleague.userId })
    await later(1_000)
    return (await event(() => act('customer', cleo.personId, 'add-contact', { userId: colleague.userId })))(
      'WelcomeCode',
    )
  }
  const welcome = (welcome_code: unknown, more: Json = { text: { content: '欢迎您' } }) =>
    external('send_welcome_msg', { welcome_code, ...more })

  test('goes out once, within 20 seconds; text and attachments are messages of their own', async () => {
    const code = await add()
    await later(19_999)
    const link = { msgtype: 'link', link: { title: '护理指南', desc: '术后须知', url: 'https://a.cn/g' } }
    expect((await welcome(code, { text: { content: '欢迎您' }, attachments: [link] })).errcode).toBe(0)
    const got = simulator.ledger.entries().slice(-2)
    expect(got).toMatchObject([
      { person: cleo.personId, kind: 'welcome', text: '欢迎您', payload: { by: colleague.userId } },
      { person: cleo.personId, kind: 'welcome', text: '[链接] 护理指南\n术后须知' },
    ])
    expect((await welcome(code)).errcode).toBe(41050)
  })

  test('late is 41050, missing 41049, after the member has written 41051', async () => {
    const late = await add()
    await later(20_000)
    expect((await welcome(late)).errcode).toBe(41050)
    expect((await welcome('')).errcode).toBe(41049)
    const chatting = await add()
    act('staff', colleague.personId, 'send-chat', { customer: cleo.personId, text: '您好' })
    expect((await welcome(chatting)).errcode).toBe(41051)
  })

  test.each<[string, Json, number]>([
    ['nothing', {}, 41088],
    ['4001 bytes', { text: { content: 'a'.repeat(4_001) } }, 45002],
    ['ten attachments', { attachments: Array(10).fill({ msgtype: 'file', file: { media_id: 'x' } }) }, 41064],
    ['an unknown kind', { attachments: [{ msgtype: 'poem' }] }, 41065],
    ['an image that is not there', { attachments: [{ msgtype: 'image', image: { media_id: 'x' } }] }, 40007],
    ['a link without a title', { attachments: [{ msgtype: 'link', link: { url: 'https://a.cn' } }] }, 41016],
    ['a link without a scheme', { attachments: [{ msgtype: 'link', link: { title: 'a', url: 'a.cn' } }] }, 45034],
    [
      'a mini-program of others',
      { attachments: [{ msgtype: 'miniprogram', miniprogram: { title: 'a', appid: 'wx0', page: 'a' } }] },
      90206,
    ],
  ])('%s is refused and leaves the code usable', async (_, more, errcode) => {
    const code = await add()
    expect((await welcome(code, more)).errcode).toBe(errcode)
    expect((await welcome(code)).errcode).toBe(0)
  })
})
