/**
 * Every error that the vendors document for an API which is here can be met. Those with a cause in the world stand in the files
 * of their APIs, and the general ones below; all of them can be asked for as a fault.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { callbackServer, type Json, simWorld } from './support.ts'

const MINUTE = 60_000
const { simulator, token, wecom, wechat, control, later, quiet } = await simWorld()
const { ready, world } = simulator
const server = await callbackServer({ token: ready.callbackToken, aesKey: ready.callbackAesKey })
const [member] = world.staff
const [customer, other] = world.customers
if (!member || !customer || !other) throw new Error('the world has people')

afterEach(async () => {
  await control('DELETE', 'faults')
  await control('POST', 'settings', { trustedAddresses: null, appEnabled: true, cardsNeedCallback: false })
  await control('POST', 'limits', { perMinute: 10_000, perHour: 150_000, concurrent: null })
  await control('POST', 'permissions', { contacts: true, external: true, kf: true })
})

const GENERAL = [-1, 6000, 40014, 42001, 41001, 45009, 45033, 48002, 50003, 60020]
const EXTERNAL = [...GENERAL, 40096, 41035, 45035, 48001, 60011, 60021, 60111, 84061, 84074, 701008]
const MINI = [-1, 40001, 40014, 42001, 45009]

/** By path, from the vendors' pages. */
const DOCUMENTED: Record<string, readonly number[]> = {
  '/cgi-bin/gettoken': [-1, 40001, 40013, 40091, 41002, 41004, 45009, 50003, 60020],
  '/cgi-bin/message/send': [
    ...GENERAL,
    40003,
    40007,
    40008,
    40031,
    40032,
    40033,
    40035,
    40056,
    40058,
    40145,
    41006,
    41011,
    41016,
    41033,
    42014,
    42017,
    42020,
    42027,
    42028,
    42029,
    42030,
    42031,
    42033,
    42035,
    42036,
    42037,
    42038,
    42039,
    42040,
    42041,
    42042,
    42043,
    42044,
    42045,
    42046,
    42047,
    42049,
    42050,
    42051,
    43012,
    44004,
    45002,
    45008,
    45034,
    81011,
    81012,
    81013,
    82001,
    82002,
    82003,
    82004,
    90200,
    90201,
    90202,
    90203,
    90204,
    90206,
    90207,
    90208,
    301002,
  ],
  '/cgi-bin/message/update_template_card': [...GENERAL, 40032, 42014, 42015, 42016, 42018, 42019, 42020, 60140],
  '/cgi-bin/message/recall': [...GENERAL, 42052],
  '/cgi-bin/user/get': [...GENERAL, 40003, 41009, 60011, 60021, 60111, 48009],
  '/cgi-bin/department/list': [...GENERAL, 60003, 60011, 60123, 48009],
  '/cgi-bin/externalcontact/list': EXTERNAL,
  '/cgi-bin/externalcontact/get': [...EXTERNAL, 50100],
  '/cgi-bin/externalcontact/batch/get_by_user': [...EXTERNAL, 40058, 50100, 60268],
  '/cgi-bin/externalcontact/remark': [...EXTERNAL, 40007, 40058],
  '/cgi-bin/externalcontact/add_corp_tag': [...GENERAL, 40063, 40068, 40071, 40072, 40126],
  '/cgi-bin/externalcontact/edit_corp_tag': [...GENERAL, 40068, 40071, 40072],
  '/cgi-bin/externalcontact/del_corp_tag': [...GENERAL, 40063, 40068],
  '/cgi-bin/externalcontact/mark_tag': [...EXTERNAL, 40068, 40144],
  '/cgi-bin/externalcontact/add_contact_way': [
    ...EXTERNAL,
    40098,
    41037,
    41038,
    41039,
    41040,
    41041,
    41042,
    41045,
    41054,
    41056,
    41057,
  ],
  '/cgi-bin/externalcontact/get_contact_way': [...GENERAL, 41043, 41044],
  '/cgi-bin/externalcontact/send_welcome_msg': [
    ...EXTERNAL,
    40007,
    41049,
    41050,
    41051,
    41064,
    41065,
    41080,
    41081,
    41082,
    41088,
    41090,
    41096,
    45002,
    90206,
  ],
  '/cgi-bin/externalcontact/add_msg_template': [...EXTERNAL, 40068, 41048, 41064, 41065, 41088, 45002, 81017, 86214],
  '/cgi-bin/externalcontact/remind_groupmsg_send': [...GENERAL, 41046, 41047, 41093, 41094],
  '/cgi-bin/externalcontact/cancel_groupmsg_send': [...GENERAL, 41046, 41047, 41093],
  '/cgi-bin/externalcontact/get_groupmsg_list_v2': [...GENERAL, 40058, 41063, 86214],
  '/cgi-bin/externalcontact/get_groupmsg_task': [...GENERAL, 41046, 41047],
  '/cgi-bin/externalcontact/get_groupmsg_send_result': [...GENERAL, 41046, 41047, 60111],
  '/cgi-bin/externalcontact/transfer_customer': [
    ...EXTERNAL,
    40098,
    40099,
    40100,
    40128,
    40129,
    40130,
    40131,
    40143,
    41054,
  ],
  '/cgi-bin/externalcontact/resigned/transfer_customer': [...EXTERNAL, 40097, 40099, 40128, 40129, 40130, 40131],
  '/cgi-bin/kf/send_msg': [
    ...GENERAL,
    40007,
    40096,
    44004,
    45002,
    48007,
    60251,
    60252,
    95000,
    95001,
    95002,
    95004,
    95008,
    95009,
    95013,
    95016,
    95017,
    95018,
    95030,
    95031,
    95033,
  ],
  '/cgi-bin/kf/sync_msg': [...GENERAL, 50100, 95000, 95004, 95007, 95017],
  '/cgi-bin/kf/service_state/trans': [...GENERAL, 60030, 60253, 95013, 95014, 95016, 95019, 95020],
  '/cgi-bin/kf/send_msg_on_event': [...GENERAL, 40058, 95008, 95018, 95033],
  '/cgi-bin/kf/customer/batchget': [...GENERAL, 40096, 95003],
  '/cgi-bin/kf/customer/upgrade_service': [...GENERAL, 40058, 40096, 95021],
  '/cgi-bin/externalcontact/groupchat/list': [...EXTERNAL, 40058, 50100, 81017],
  '/cgi-bin/externalcontact/groupchat/get': [...EXTERNAL, 40050, 90501],
  '/cgi-bin/externalcontact/opengid_to_chatid': [...EXTERNAL, 90511],
  '/cgi-bin/externalcontact/groupchat/transfer': [...EXTERNAL, 40058, 90500, 90501, 90502, 90507, 90508],
  '/cgi-bin/media/upload': [...GENERAL, 40004, 40005, 40006, 40009, 40011, 40123, 44001, 45001, 45007, 301016, 301017],
  '/cgi-bin/media/uploadimg': [...GENERAL, 40004, 40006, 40009, 44001],
  '/cgi-bin/media/get': [...GENERAL, 40007, 40145, 40146, 41006, 830002],
  '/cgi-bin/auth/getuserinfo': [...GENERAL, 40029, 42003, 42022, 50001, 50002],
  '/cgi-bin/auth/getuserdetail': [...GENERAL, 84014, 84015],
  '/cgi-bin/get_jsapi_ticket': GENERAL,
  '/cgi-bin/ticket/get': [...GENERAL, 91040],
  '/cgi-bin/webhook/send': [40008, 40058, 45009, 93000, 93001, 93004, 93008, 93017, 93018, 301019],
  '/sns/jscode2session': [-1, 40013, 40029, 40125, 40163, 40226, 45011],
  '/cgi-bin/stable_token': [
    -1, 40001, 40002, 40013, 40125, 40164, 40243, 41002, 41004, 43002, 45009, 45011, 50004, 50007, 89503, 89506, 89507,
  ],
  '/wxa/checksession': [...MINI, 40097, 45011, 87007, 87008, 87009],
  '/wxa/resetusersessionkey': [...MINI, 40097, 45011, 87007, 87008, 87009],
  '/wxa/business/getuserphonenumber': [...MINI, 40029, 40013, 45011],
  '/cgi-bin/message/subscribe/send': [...MINI, 40003, 40037, 41030, 43101, 43107, 43108, 45168, 47003],
  '/cgi-bin/message/custom/send': [...MINI, 40013, 45015, 45047, 70000],
  '/wxa/getwxacodeunlimit': [...MINI, 40097, 40129, 40169, 41030, 85096],
  '/wxa/generate_urllink': [
    ...MINI,
    40002,
    40013,
    40165,
    40212,
    44990,
    44993,
    85079,
    85088,
    85401,
    85402,
    85406,
    85407,
    85408,
  ],
  '/wxa/msg_sec_check': [...MINI, 40003, 40129, 43002, 43104, 44002, 44991, 47001, 61010],
  '/wxa/media_check_async': [...MINI, 40003, 40004, 43104, 44991, 61010, 87020],
}

describe('asked for as a fault', () => {
  test.each(Object.entries(DOCUMENTED))('%s', async (path, codes) => {
    const isMini =
      path.startsWith('/wxa/') ||
      path.startsWith('/sns/') ||
      ['/cgi-bin/stable_token', '/cgi-bin/message/subscribe/send', '/cgi-bin/message/custom/send'].includes(path)
    const base = isMini ? ready.wechatBase : ready.wecomBase
    const before = simulator.ledger.entries().length
    for (const errcode of new Set(codes)) {
      expect((await control('POST', 'faults', { path, errcode })).status).toBe(200)
      const answer = await fetch(`${base}${path}`, { method: 'POST', body: '{}' })
      const body = (await answer.json()) as Json
      expect([answer.status, body.errcode]).toEqual([200, errcode])
      expect(body.errmsg).toContain(isMini ? 'rid: ' : `devtool/query?e=${errcode}`)
    }
    expect(simulator.ledger.entries()).toHaveLength(before)
  })
})

/** With a token fetched before: fetching one counts against the limits, too. */
let held = ''
const by = async (path: string) =>
  (await (await fetch(`${ready.wecomBase}${path}?access_token=${held}`)).json()) as Json
const agent = () => by('/cgi-bin/agent/list')
const gettoken = async (secret = ready.agentSecret, corpid = ready.corpId) => {
  const answer = await fetch(
    `${ready.wecomBase}/cgi-bin/gettoken?${new URLSearchParams({ corpid, corpsecret: secret })}`,
  )
  return ((await answer.json()) as Json).errcode
}

describe('by its real cause', () => {
  beforeEach(async () => {
    await control('POST', 'tokens/revoke', { platform: 'wecom' })
    held = await token()
  })

  test('an address that is not trusted: 60020, on tokens and calls; the mini-program’s 40164', async () => {
    await control('POST', 'settings', { trustedAddresses: ['10.0.0.1'] })
    expect(await gettoken()).toBe(60020)
    const { errcode, errmsg } = await agent()
    expect([errcode, errmsg]).toEqual([60020, expect.stringContaining('from ip: 127.0.0.1')])
    expect((await wechat('/wxaapi/newtmpl/gettemplate')).errcode).toBe(40164)
    // The robot's address is secret enough.
    const robot = await fetch(`${ready.wecomBase}/cgi-bin/webhook/send?key=x`, { method: 'POST', body: '{}' })
    expect(((await robot.json()) as Json).errcode).toBe(93000)
    await control('POST', 'settings', { trustedAddresses: ['10.0.0.1', '127.0.0.1'] })
    expect(await gettoken()).toBe(0)
  })

  test('an app that is switched off: 50003', async () => {
    await control('POST', 'settings', { appEnabled: false })
    expect([await gettoken(), (await agent()).errcode]).toEqual([50003, 50003])
  })

  test('a permission that was taken: 48002', async () => {
    await control('POST', 'permissions', { contacts: false, external: false, kf: false })
    expect((await wecom('/cgi-bin/user/get', undefined, { userid: member.userId })).errcode).toBe(48002)
    for (const path of [
      'get_corp_tag_list',
      'add_msg_template',
      'transfer_customer',
      'send_welcome_msg',
      'remark',
      'list_contact_way',
    ])
      expect((await wecom(`/cgi-bin/externalcontact/${path}`, {})).errcode, path).toBe(48002)
    expect((await wecom('/cgi-bin/kf/sync_msg', {})).errcode).toBe(48002)
  })

  test('more in a minute: 45009 for a minute; more in an hour: for an hour; other APIs go on', async () => {
    await control('POST', 'limits', { perMinute: 2 })
    expect([(await agent()).errcode, (await agent()).errcode, (await agent()).errcode]).toEqual([0, 0, 45009])
    expect((await by('/cgi-bin/getcallbackip')).errcode).toBe(0)
    await later(MINUTE - 1_000)
    expect((await agent()).errcode).toBe(45009)
    await later(1_000)
    expect((await agent()).errcode).toBe(0)
    await later(60 * MINUTE)
    await control('POST', 'tokens/revoke', { platform: 'wecom' })
    held = await token()
    await control('POST', 'limits', { perMinute: 10, perHour: 3 })
    const codes = []
    for (let i = 0; i < 4; i++) codes.push((await agent()).errcode)
    expect(codes).toEqual([0, 0, 0, 45009])
    await later(59 * MINUTE)
    expect((await agent()).errcode).toBe(45009)
    await later(MINUTE)
    expect((await agent()).errcode).toBe(0)
  })

  test('too many at once: 45033, and none once they are through', async () => {
    await control('POST', 'limits', { concurrent: 2 })
    const holds: (() => void)[] = []
    const stop = simulator.tap(({ stage, path }) =>
      stage === 'acted' && path === '/cgi-bin/agent/list' ? new Promise<void>((done) => holds.push(done)) : undefined,
    )
    const calls = [agent(), agent(), agent(), agent()]
    while (holds.length < 4) await new Promise((done) => setTimeout(done, 5))
    stop()
    for (const release of holds) release()
    expect((await Promise.all(calls)).map(({ errcode }) => errcode).sort()).toEqual([0, 0, 45033, 45033])
    for (let i = 0; i < 5; i++) expect((await agent()).errcode).toBe(0)
  })

  test('a card that can be tapped, with no address for its callback: 43012', async () => {
    const card = (task_id: string) =>
      wecom('/cgi-bin/message/send', {
        touser: member.userId,
        agentid: ready.agentId,
        msgtype: 'template_card',
        template_card: {
          card_type: 'button_interaction',
          main_title: { title: 'a' },
          button_list: [{ text: 'b', key: 'k' }],
          task_id,
        },
      })
    expect((await card('t0')).errcode).toBe(0)
    await control('POST', 'settings', { cardsNeedCallback: true })
    expect((await card('t1')).errcode).toBe(43012)
    await control('POST', 'callback-target', { wecomUrl: server.url })
    expect((await card('t1')).errcode).toBe(0)
  })

  test('somebody out of scope gets no message, nor does a department of such people', async () => {
    await control('POST', 'member', { userId: member.userId, inScope: false })
    const send = { touser: member.userId, agentid: ready.agentId, msgtype: 'text', text: { content: 'x' } }
    expect(await wecom('/cgi-bin/message/send', send)).toMatchObject({
      errcode: 81013,
      invaliduser: member.userId.toLowerCase(),
    })
    await control('POST', 'member', { userId: member.userId, inScope: true })
  })
})

test('a callback may come minutes late, behind what came after it', async () => {
  await control('POST', 'callback-target', { wecomUrl: server.url })
  await control('POST', 'faults', { path: 'callback', delayMs: 10 * MINUTE })
  const before = server.received.length
  const add = (id: string) => simulator.act({ as: 'customer', id, do: 'add-contact', userId: member.userId })
  add(customer.personId)
  add(other.personId)
  await quiet()
  const ids = () =>
    server.received.slice(before).map(({ message }) => /<ExternalUserID><!\[CDATA\[(.*?)\]/.exec(message)?.[1])
  expect(ids()).toEqual([other.externalUserId])
  await later(10 * MINUTE)
  expect(ids()).toEqual([other.externalUserId, customer.externalUserId])
  expect((await control('POST', 'faults', { path: 'sms', delayMs: 1 })).status).toBe(400)
})
