/** App messages to staff, and the life of a card: sent, tapped, updated once. */
import { describe, expect, test } from 'vitest'
import { callbackServer, type Json, simWorld, tag } from './support.ts'

const HOUR = 3_600_000
const { simulator, wecom, control, later } = await simWorld()
const { ready } = simulator
const server = await callbackServer({ token: ready.callbackToken, aesKey: ready.callbackAesKey })
await control('POST', 'callback-target', { wecomUrl: server.url })
const [nurse, doctor, manager] = simulator.world.staff.filter(({ position }) =>
  ['护士', '医生', '店长'].includes(position),
)
if (!nurse || !doctor || !manager) throw new Error('the world has a nurse, a doctor and a manager of the other store')

const send = (body: Json) => wecom('/cgi-bin/message/send', { touser: nurse.userId, agentid: ready.agentId, ...body })
const say = (content: string, more: Json = {}) => send({ msgtype: 'text', text: { content }, ...more })
const card = (task_id: string, more: Json = {}): Json => ({
  msgtype: 'template_card',
  template_card: {
    card_type: 'button_interaction',
    main_title: { title: '术后回访', desc: '水光针 第 1 天' },
    horizontal_content_list: [{ keyname: '客户', value: '王女士' }],
    button_list: [
      { text: '我来', key: 'take' },
      { text: '转交', key: 'transfer' },
    ],
    task_id,
    ...more,
  },
})
const update = (response_code: unknown, more: Json = { button: { replace_name: '已接' } }) =>
  wecom('/cgi-bin/message/update_template_card', {
    agentid: ready.agentId,
    userids: [nurse.userId],
    response_code,
    ...more,
  })
const click = (taskId: string, key?: string, selected?: Json) =>
  control('POST', 'act', { as: 'staff', id: nurse.personId, do: 'click', taskId, key, selected })
const reached = (personId: string) => simulator.ledger.entries().filter(({ person }) => person === personId)
const lastEvent = () => server.received.at(-1)?.message ?? ''

describe('sending', () => {
  test('known receivers get it, the others are named in lower case, and it counts as success', async () => {
    const answer = await say('您好', { touser: `${nurse.userId}|Nobody|${doctor.userId.toUpperCase()}` })
    expect(answer).toMatchObject({ errcode: 0, invaliduser: 'nobody', msgid: expect.any(String) })
    expect(answer).not.toHaveProperty('response_code')
    for (const { personId } of [nurse, doctor])
      expect(reached(personId).at(-1)).toMatchObject({ kind: 'app', text: '您好', messageId: answer.msgid })
  })

  test('nobody valid is 81013, nobody named 82001', async () => {
    expect(await say('x', { touser: 'nobody|nothing' })).toMatchObject({
      errcode: 81013,
      invaliduser: 'nobody|nothing',
    })
    expect((await say('x', { touser: '' })).errcode).toBe(82001)
  })

  test('a department reaches everybody below it, @all everybody', async () => {
    const before = simulator.ledger.entries().length
    await say('全院通知', { touser: '', toparty: '2' })
    const hospital = simulator.world.staff.filter(({ departmentId }) => departmentId === 2)
    expect(simulator.ledger.entries().length - before).toBe(hospital.length)
    await say('全员通知', { touser: '@all' })
    expect(simulator.ledger.entries().length - before).toBe(hospital.length + simulator.world.staff.length)
  })

  test.each([
    ['no agent', { agentid: undefined }, 41011],
    ['another agent', { agentid: 1 }, 40056],
    ['an unknown type', { msgtype: 'hologram' }, 40008],
    ['an empty text', { text: { content: '' } }, 44004],
    ['markdown over 2048 bytes', { msgtype: 'markdown', markdown: { content: '术'.repeat(683) } }, 45002],
    [
      'a text card without a scheme',
      { msgtype: 'textcard', textcard: { title: 'a', description: 'b', url: 'x.cn' } },
      45034,
    ],
  ])('%s is refused', async (_, change, errcode) => {
    const before = simulator.ledger.entries().length
    expect((await say('您好', change)).errcode).toBe(errcode)
    expect(simulator.ledger.entries()).toHaveLength(before)
  })

  test('a notice of the mini-program needs no agent, and says its facts', async () => {
    const items = [{ key: '治疗', value: '水光针' }]
    const notice = { appid: ready.miniProgram.appId, title: '今日回访', description: '请及时联系', content_item: items }
    const answer = await send({ msgtype: 'miniprogram_notice', miniprogram_notice: notice, agentid: undefined })
    expect(answer.errcode).toBe(0)
    expect(reached(nurse.personId).at(-1)?.text).toBe('今日回访\n请及时联系\n治疗:水光针')
    for (const [change, errcode] of [
      [{ appid: '' }, 90200],
      [{ content_item: Array.from({ length: 11 }, () => items[0]) }, 90201],
      [{ content_item: [{ key: '十一个字的关键词太长啦', value: 'x' }] }, 90202],
      [{ content_item: [{ key: 'x', value: 'x'.repeat(31) }] }, 90203],
      [{ page: `p/${'x'.repeat(1_024)}` }, 90204],
      [{ appid: 'wx0000000000000000' }, 90206],
      [{ title: '三个字' }, 40058],
    ] as const) {
      const message = { msgtype: 'miniprogram_notice', miniprogram_notice: { ...notice, ...change } }
      expect((await send(message)).errcode).toBe(errcode)
    }
  })

  test('a text over 2048 bytes is cut inside no character', async () => {
    await say(`a${'术'.repeat(700)}`)
    expect(reached(nurse.personId).at(-1)?.text).toBe(`a${'术'.repeat(682)}`)
  })

  test('the same bytes within the interval are not sent again, later they are', async () => {
    const body = { enable_duplicate_check: 1, duplicate_check_interval: 600 }
    const first = await say('只此一次', body)
    const before = simulator.ledger.entries().length
    expect(await say('只此一次', body)).toEqual(first)
    expect(simulator.ledger.entries()).toHaveLength(before)
    expect((await say('只此一次，不同', body)).msgid).not.toBe(first.msgid)
    await later(600_000)
    expect((await say('只此一次', body)).msgid).not.toBe(first.msgid)
  })

  test('past thirty a minute a member silently gets nothing', async () => {
    await later(2 * HOUR)
    const before = reached(nurse.personId).length
    for (let i = 0; i < 32; i++) expect((await say(`第 ${i} 条`)).errcode).toBe(0)
    expect(reached(nurse.personId).length - before).toBe(30)
    await later(60_000)
    await say('之后')
    expect(reached(nurse.personId).at(-1)?.text).toBe('之后')
  })

  test('the same said in another order is the same; to somebody else it is not', async () => {
    const first = await say('次序不同', { enable_duplicate_check: 1 })
    const { agentId } = simulator.ready
    const turned = { text: { content: '次序不同' }, enable_duplicate_check: 1, msgtype: 'text', agentid: agentId }
    expect(await send({ ...turned, touser: nurse.userId })).toEqual(first)
    expect((await send({ ...turned, touser: doctor.userId })).msgid).not.toBe(first.msgid)
  })

  test('a recall works within 24 hours, and takes message and card from the screen', async () => {
    const { msgid } = await say('撤回我')
    const sent = await send(card('task-recalled'))
    const phone = async () => JSON.stringify((await control('GET', `chats?person=${nurse.personId}`)).body)
    expect(await phone()).toContain('撤回我')
    expect((await wecom('/cgi-bin/message/recall', { msgid })).errcode).toBe(0)
    expect((await wecom('/cgi-bin/message/recall', { msgid: sent.msgid })).errcode).toBe(0)
    expect(await phone()).not.toMatch(/撤回我|task-recalled/)
    expect((await click('task-recalled', 'take')).status).toBe(404)
    await later(24 * HOUR + 1)
    expect((await wecom('/cgi-bin/message/recall', { msgid })).errcode).toBe(42052)
  })
})

describe('a card', () => {
  test('sent, tapped, updated: each response code is good for one update', async () => {
    const { response_code } = await send(card('task-1'))
    expect(response_code).toEqual(expect.any(String))
    expect((await click('task-1', 'take')).status).toBe(200)
    await server.until(1)
    const event = lastEvent()
    expect(tag(event, 'Event')).toBe('template_card_event')
    expect(tag(event, 'FromUserName')).toBe(nurse.userId)
    expect(tag(event, 'EventKey')).toBe('take')
    expect(tag(event, 'TaskId')).toBe('task-1')
    expect(tag(event, 'CardType')).toBe('button_interaction')
    const fresh = tag(event, 'ResponseCode')
    expect(fresh).not.toBe(response_code)

    expect(await update(fresh)).toMatchObject({ errcode: 0, invaliduser: [] })
    expect(reached(nurse.personId).at(-1)).toMatchObject({
      kind: 'card-update',
      text: expect.stringContaining('(已接)'),
    })
    expect((await update(fresh)).errcode).toBe(60140)
    expect((await click('task-1', 'take')).body).toMatchObject({ error: { code: 'card_disabled' } })
    expect((await update(response_code)).errcode).toBe(0)
  })

  test('a code is over after 72 hours', async () => {
    const { response_code } = await send(card('task-old'))
    await later(72 * HOUR + 1)
    expect((await update(response_code)).errcode).toBe(60140)
  })

  test('an update that is refused leaves the code usable', async () => {
    const { response_code } = await send(card('task-kept'))
    expect((await update(response_code, { template_card: { card_type: 'unheard_of' } })).errcode).toBe(42031)
    expect((await update(response_code)).errcode).toBe(0)
  })

  test('the first code updates every copy, and who has none is named', async () => {
    const { response_code } = await send({ ...card('task-two'), touser: `${nurse.userId}|${doctor.userId}` })
    const userids = [nurse.userId, doctor.userId, 'Stranger']
    expect(await update(response_code, { userids, button: { replace_name: '完成' } })).toMatchObject({
      errcode: 0,
      invaliduser: ['stranger'],
    })
    for (const { userId } of [nurse, doctor])
      expect(simulator.context.cards.find(userId, 'task-two')?.replacedBy).toBe('完成')
  })

  test('an update for a department changes its members’ copies only', async () => {
    const touser = `${nurse.userId}|${manager.userId}`
    const { response_code } = await send({ ...card('task-party'), touser })
    const change = { userids: [], partyids: [manager.departmentId], button: { replace_name: '完成' } }
    expect(await update(response_code, change)).toMatchObject({ errcode: 0, invaliduser: [] })
    const shown = [nurse, manager].map(({ userId }) => simulator.context.cards.find(userId, 'task-party')?.replacedBy)
    expect(shown).toEqual([null, '完成'])
  })

  test('a form card brings the answers, unnamed questions as they stand', async () => {
    const question = (question_key: string, ids: string[]) => ({
      question_key,
      title: question_key,
      option_list: ids.map((id) => ({ id, text: id })),
    })
    await send(
      card('task-form', {
        card_type: 'multiple_interaction',
        button_list: undefined,
        select_list: [question('reached', ['yes', 'no']), question('state', ['good', 'bad'])],
        submit_button: { text: '提交', key: 'submit' },
      }),
    )
    expect((await click('task-form', 'submit', { state: ['worse'] })).body).toMatchObject({
      error: { code: 'no_such_option' },
    })
    const before = server.received.length
    await click('task-form', 'submit', { state: ['bad'] })
    await server.until(before + 1)
    expect(lastEvent()).toContain(
      '<SelectedItem><QuestionKey><![CDATA[reached]]></QuestionKey><OptionIds><OptionId><![CDATA[yes]]></OptionId></OptionIds></SelectedItem>',
    )
    expect(lastEvent()).toContain('<OptionId><![CDATA[bad]]></OptionId>')
  })

  test('a notice has no code unless it has a menu', async () => {
    const notice = { card_type: 'text_notice', button_list: undefined, card_action: { type: 1, url: 'https://a.cn' } }
    expect(await send(card('', notice))).not.toHaveProperty('response_code')
    const action_menu = { action_list: [{ text: '不再提醒', key: 'mute' }] }
    expect(await send(card('task-menu', { ...notice, action_menu }))).toHaveProperty('response_code')
    const before = server.received.length
    await click('task-menu', 'mute')
    await server.until(before + 1)
    expect(tag(lastEvent(), 'Event')).toBe('template_card_menu_event')
  })

  test.each([
    ['an unknown type', { card_type: 'poster' }, 42031],
    ['no title', { main_title: {} }, 42033],
    ['a bad task id', { task_id: '任务' }, 42014],
    ['no button', { button_list: [] }, 42038],
    ['seven buttons', { button_list: Array.from({ length: 7 }, (_, i) => ({ text: 'x', key: `k${i}` })) }, 42038],
    ['a button without a key', { button_list: [{ text: 'x' }] }, 42039],
    [
      'two buttons of one key',
      {
        button_list: [
          { text: 'x', key: 'k' },
          { text: 'y', key: 'k' },
        ],
      },
      42051,
    ],
    ['seven facts', { horizontal_content_list: Array(7).fill({ keyname: 'k' }) }, 42035],
    ['a fact without a name', { horizontal_content_list: [{ value: 'v' }] }, 42027],
    ['a row without a title', { vertical_content_list: [{ desc: 'd' }] }, 42033],
    ['a form without a question', { card_type: 'multiple_interaction', select_list: [] }, 42047],
  ])('%s is refused', async (_, change, errcode) => {
    expect((await send(card('task-bad', change))).errcode).toBe(errcode)
  })

  test('a task id belongs to one message', async () => {
    await send(card('task-unique'))
    expect((await send(card('task-unique', { sub_title_text: '另一条' }))).errcode).toBe(42014)
  })
})
