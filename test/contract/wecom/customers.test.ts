/** What our client makes of customers in WeCom: read, remarked, tagged, welcomed, reached by codes. */
import { describe, expect, test } from 'vitest'
import {
  type ContactWay,
  readExternalContactEvent,
  readTagEvent,
  WELCOME_MS,
  welcomeBody,
} from '../../../src/wecom/index.ts'
import { callbackServer, tag } from '../simulator/support.ts'
import { clientWorld } from './support.ts'

const { client, simulator, control, later, quiet } = await clientWorld({ customers: 130 })
const { ready, world } = simulator
const server = await callbackServer({ token: ready.callbackToken, aesKey: ready.callbackAesKey })
await control('POST', 'callback-target', { wecomUrl: server.url })
const [ann, bea, cleo, ...crowd] = world.customers
const [member, colleague] = world.staff
if (!ann || !bea || !cleo || !member || !colleague) throw new Error('the world has people')
const userId = member.userId.toLowerCase()
const add = (personId: string, to: string, more = {}) =>
  simulator.act({ as: 'customer', id: personId, do: 'add-contact', userId: to, ...more })
/** The event that `work` causes, as our reader reads it. */
async function event(work: () => unknown, count = 1): Promise<Record<string, unknown>> {
  await quiet()
  const before = server.received.length
  work()
  await server.until(before + count)
  const names = [
    'ChangeType',
    'UserID',
    'ExternalUserID',
    'State',
    'WelcomeCode',
    'Source',
    'FailReason',
    'Id',
    'TagType',
  ]
  const message = server.received[before]?.message ?? ''
  return Object.fromEntries(names.map((name) => [name, tag(message, name)]))
}
const refusedWith = (errcode: number, action: string) => ({ errcode, action, executed: 'no' })

test('a contact is read whole: who, since when, by which way, with whose remark', async () => {
  const told = readExternalContactEvent(await event(() => add(ann.personId, member.userId, { state: 'store-1' })))
  expect(told).toMatchObject({ change: 'added', userId, externalUserId: ann.externalUserId, state: 'store-1' })
  await control('POST', 'settings', { unionIds: true })
  expect(await client.externalContact(ann.externalUserId)).toMatchObject({
    externalUserId: ann.externalUserId,
    kind: 'wechat',
    unionId: ann.unionId,
    followers: [
      {
        userId,
        state: 'store-1',
        addWay: 'qr_code',
        tagIds: [],
        createdAt: new Date('2026-03-02T01:00:00Z'),
      },
    ],
  })
  expect(await client.externalContactIds(member.userId)).toEqual([ann.externalUserId])
  expect(await client.followUsers()).toContain(userId)
})

test('who has no customers, and who is nobody’s, is a refusal that stops', async () => {
  await expect(client.externalContactIds(colleague.userId)).rejects.toMatchObject(refusedWith(84061, 'stop'))
  await expect(client.externalContact('wm-unknown')).rejects.toMatchObject(refusedWith(40096, 'stop'))
})

test('all customers of several members come in pages, each once per follower', async () => {
  add(bea.personId, colleague.userId)
  for (const { personId } of crowd) add(personId, member.userId)
  await quiet()
  const seen: string[] = []
  let cursor: string | null = null
  let pages = 0
  do {
    const page: Awaited<ReturnType<typeof client.externalContactsByUsers>> = await client.externalContactsByUsers(
      [member.userId, colleague.userId],
      cursor ?? undefined,
    )
    seen.push(...page.contacts.map(({ externalUserId, followers }) => `${followers[0]?.userId} ${externalUserId}`))
    cursor = page.nextCursor
    pages += 1
  } while (cursor && pages < 10)
  expect(pages).toBe(2)
  expect(seen.sort()).toEqual(
    [
      ...[ann, ...crowd].map(({ externalUserId }) => `${userId} ${externalUserId}`),
      `${colleague.userId.toLowerCase()} ${bea.externalUserId}`,
    ].sort(),
  )
})

test('a remark changes what it names and leaves the rest; an empty list takes the numbers away', async () => {
  const pair = { userId, externalUserId: ann.externalUserId }
  const kept = async () => (await client.externalContact(ann.externalUserId)).followers[0]
  await client.setRemark({ ...pair, remark: '李姐', description: '怕疼', remarkMobiles: ['13800138000'] })
  expect(await kept()).toMatchObject({ remark: '李姐', description: '怕疼', remarkMobiles: ['13800138000'] })
  await client.setRemark({ ...pair, remark: '李女士' })
  expect(await kept()).toMatchObject({ remark: '李女士', description: '怕疼', remarkMobiles: ['13800138000'] })
  await client.setRemark({ ...pair, remarkMobiles: [] })
  expect(await kept()).toMatchObject({ remark: '李女士', remarkMobiles: [] })
  await expect(client.setRemark({ ...pair, externalUserId: cleo.externalUserId, remark: 'x' })).rejects.toMatchObject(
    refusedWith(84061, 'stop'),
  )
})

describe('tags', () => {
  test('are made, found, put on, taken off, renamed and deleted', async () => {
    const made = await client.addCorpTags({
      group: { name: '皮肤' },
      tags: [
        { name: '敏感', order: 1 },
        { name: '干性', order: 5 },
      ],
    })
    const [sensitive, dry] = made.tags
    if (!sensitive || !dry) throw new Error('two tags')
    const more = await client.addCorpTags({ group: { id: made.groupId }, tags: [{ name: '油性' }] })
    expect(more).toMatchObject({ groupId: made.groupId, name: '皮肤', tags: [{ name: '油性' }] })
    expect((await client.corpTags()).map(({ name, tags }) => [name, tags.length])).toContainEqual(['皮肤', 3])
    expect(await client.corpTags({ tagIds: [dry.tagId] })).toMatchObject([{ tags: [{ name: '干性', order: 5 }] }])

    const pair = { userId, externalUserId: ann.externalUserId }
    const worn = async () => (await client.externalContact(ann.externalUserId)).followers[0]?.tagIds
    await client.markTags({ ...pair, add: [sensitive.tagId, dry.tagId] })
    await client.markTags({ ...pair, add: [sensitive.tagId] })
    expect(await worn()).toEqual([sensitive.tagId, dry.tagId])
    const page = await client.externalContactsByUsers([member.userId])
    const [ours] = page.contacts.filter(({ externalUserId }) => externalUserId === ann.externalUserId)
    expect(ours?.followers[0]?.tagIds).toEqual([sensitive.tagId, dry.tagId])
    await client.markTags({ ...pair, remove: [dry.tagId] })
    expect(await worn()).toEqual([sensitive.tagId])

    await client.editCorpTag({ id: dry.tagId, name: '很干', order: 9 })
    expect(await client.corpTags({ tagIds: [dry.tagId] })).toMatchObject([{ tags: [{ name: '很干', order: 9 }] }])
    await client.removeCorpTags({ tagIds: [sensitive.tagId] })
    expect(await worn()).toEqual([])
    expect((await client.corpTags({ groupIds: [made.groupId] }))[0]?.tags).toHaveLength(2)
    await client.removeCorpTags({ groupIds: [made.groupId] })
    expect((await client.corpTags()).map(({ name }) => name)).not.toContain('皮肤')
  })

  test('nothing to put on and nothing to take off asks nobody', async () => {
    await client.markTags({ userId, externalUserId: 'wm-unknown' })
  })

  test('are refused: a name twice, an unknown one, somebody else’s customer', async () => {
    const { tags } = await client.addCorpTags({ group: { name: '来源' }, tags: [{ name: '朋友' }] })
    const again = client.addCorpTags({ group: { name: '来源' }, tags: [{ name: '朋友' }] })
    await expect(again).rejects.toMatchObject(refusedWith(40071, 'stop'))
    const unknown = client.markTags({ userId, externalUserId: ann.externalUserId, add: ['et-unknown'] })
    await expect(unknown).rejects.toMatchObject(refusedWith(40068, 'stop'))
    const foreign = client.markTags({ userId, externalUserId: cleo.externalUserId, add: [tags[0]?.tagId ?? ''] })
    await expect(foreign).rejects.toMatchObject(refusedWith(84061, 'stop'))
    await expect(client.removeCorpTags({ tagIds: ['et-unknown'] })).rejects.toMatchObject(refusedWith(40068, 'stop'))
  })

  test('an administrator’s change is told', async () => {
    const told = await event(() =>
      simulator.act({ as: 'staff', id: member.personId, do: 'add-tag', group: '来源', name: '路过' }),
    )
    expect(readTagEvent(told)).toMatchObject({ change: 'create', isGroup: false, id: expect.stringMatching(/^et/) })
  })
})

describe('a way to be added', () => {
  const way: ContactWay = {
    scene: 'qr_code',
    userIds: [userId],
    departmentIds: [],
    state: 'store-2',
    remark: '前台',
    skipVerify: true,
  }
  test('is made, read, changed, listed and deleted; its state comes back with the customer', async () => {
    const { configId, qrCodeUrl } = await client.addContactWay(way)
    expect(qrCodeUrl).toMatch(/^https?:/)
    expect(await client.contactWay(configId)).toEqual({ ...way, configId, qrCodeUrl })
    await client.updateContactWay(configId, { ...way, userIds: [colleague.userId], state: 'store-3' })
    expect(await client.contactWay(configId)).toMatchObject({
      state: 'store-3',
      userIds: [colleague.userId.toLowerCase()],
    })
    expect((await client.contactWayIds()).configIds).toContain(configId)
    const told = await event(() => simulator.act({ as: 'customer', id: cleo.personId, do: 'scan', configId }))
    expect(readExternalContactEvent(told)).toMatchObject({ externalUserId: cleo.externalUserId, state: 'store-3' })
    await client.removeContactWay(configId)
    await expect(client.contactWay(configId)).rejects.toMatchObject(refusedWith(41044, 'stop'))
  })

  test('in the mini-program has no picture', async () => {
    expect((await client.addContactWay({ ...way, scene: 'mini_program' })).qrCodeUrl).toBeNull()
  })

  test('comes in pages, between two instants', async () => {
    const at = (minutes: number) => new Date(Number(simulator.clock.now()) + minutes * 60_000)
    await later(600_000)
    const made = []
    for (let i = 0; i < 3; i++) made.push((await client.addContactWay({ ...way, state: `s${i}` })).configId)
    const first = await client.contactWayIds({ from: at(-1), to: at(1), limit: 2 })
    const rest = await client.contactWayIds({ from: at(-1), to: at(1), limit: 2, cursor: first.nextCursor })
    expect([...first.configIds, ...rest.configIds].sort()).toEqual(made.sort())
    expect(rest.nextCursor).toBeNull()
  })

  test.each([
    ['may not have customers', { servesCustomers: false }, { servesCustomers: true }, 84074],
    ['is not activated', { activated: false }, { activated: true }, 41054],
    ['has no verified name', { realNamed: false }, { realNamed: true }, 40098],
  ])('to a member who %s is a person’s matter', async (_, without, back, errcode) => {
    await control('POST', 'member', { userId: colleague.userId, ...without })
    const refused = client.addContactWay({ ...way, userIds: [colleague.userId] })
    await expect(refused).rejects.toMatchObject(refusedWith(errcode, 'person'))
    await control('POST', 'member', { userId: colleague.userId, ...back })
  })
})

describe('a welcome', () => {
  const again = async () => {
    simulator.act({ as: 'customer', id: bea.personId, do: 'delete-contact', userId: colleague.userId })
    await later(1_000)
    const { welcomeCode } = readExternalContactEvent(await event(() => add(bea.personId, colleague.userId)))
    if (!welcomeCode) throw new Error('a code')
    return welcomeCode
  }

  test('arrives as text and attachments, once', async () => {
    const code = await again()
    const body = welcomeBody({
      code,
      text: '欢迎您',
      attachments: [{ kind: 'link', title: '护理指南', description: '术后须知', url: 'https://a.cn/g' }],
    })
    await client.sendWelcome(body)
    expect(simulator.ledger.entries().slice(-2)).toMatchObject([
      { person: bea.personId, kind: 'welcome', text: '欢迎您' },
      { person: bea.personId, kind: 'welcome', text: '[链接] 护理指南\n术后须知' },
    ])
    await expect(client.sendWelcome(body)).rejects.toMatchObject(refusedWith(41050, 'stop'))
  })

  test('is late after 20 s, and too much once the member has written', async () => {
    const late = await again()
    await later(WELCOME_MS)
    await expect(client.sendWelcome(welcomeBody({ code: late, text: '欢迎' }))).rejects.toMatchObject(
      refusedWith(41050, 'stop'),
    )
    const chatting = await again()
    simulator.act({ as: 'staff', id: colleague.personId, do: 'send-chat', customer: bea.personId, text: '您好' })
    await expect(client.sendWelcome(welcomeBody({ code: chatting, text: '欢迎' }))).rejects.toMatchObject(
      refusedWith(41051, 'stop'),
    )
  })

  test('may be tried again while another app is at it', async () => {
    const code = await again()
    await control('POST', 'faults', { path: '/cgi-bin/externalcontact/send_welcome_msg', errcode: 41096 })
    await expect(client.sendWelcome(welcomeBody({ code, text: '欢迎' }))).rejects.toMatchObject(
      refusedWith(41096, 'retry'),
    )
    await client.sendWelcome(welcomeBody({ code, text: '欢迎' }))
  })

  test('has every kind of attachment in the vendor’s words', () => {
    const body = welcomeBody({
      code: 'c',
      attachments: [
        { kind: 'image', mediaId: 'm1' },
        { kind: 'image', imageUrl: 'https://wework.qpic.cn/1' },
        { kind: 'link', title: 't', url: 'https://a.cn', pictureUrl: 'https://a.cn/p' },
        { kind: 'mini_program', title: 't', appId: 'wx1', page: 'pages/a', pictureMediaId: 'm2' },
        { kind: 'video', mediaId: 'm3' },
        { kind: 'file', mediaId: 'm4' },
      ],
    })
    expect(JSON.parse(body)).toEqual({
      welcome_code: 'c',
      attachments: [
        { msgtype: 'image', image: { media_id: 'm1' } },
        { msgtype: 'image', image: { pic_url: 'https://wework.qpic.cn/1' } },
        { msgtype: 'link', link: { title: 't', url: 'https://a.cn', picurl: 'https://a.cn/p' } },
        { msgtype: 'miniprogram', miniprogram: { title: 't', appid: 'wx1', page: 'pages/a', pic_media_id: 'm2' } },
        { msgtype: 'video', video: { media_id: 'm3' } },
        { msgtype: 'file', file: { media_id: 'm4' } },
      ],
    })
  })
})
