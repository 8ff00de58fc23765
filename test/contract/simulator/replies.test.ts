/** What a server answers to a callback is opened and shown; and callbacks come in each form that the platforms know. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decrypt, encrypt, getSignature } from '@wecom/crypto'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type Json, simWorld } from './support.ts'

const { simulator, wecom, control, quiet } = await simWorld()
const { ready, world } = simulator
const [member] = world.staff
const [customer] = world.customers
if (!member || !customer) throw new Error('the world has people')
const { userId: memberId, personId } = member

let reply = ''
let asJson = false
let changed: Json = {}
const received: { query: URLSearchParams; raw: string; type: string }[] = []
const server = createServer((request, response) => {
  const query = new URL(request.url ?? '/', 'http://here').searchParams
  const echo = query.get('echostr')
  if (echo) return void response.end(query.has('msg_signature') ? decrypt(ready.callbackAesKey, echo).message : echo)
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    received.push({ query, raw: Buffer.concat(chunks).toString(), type: request.headers['content-type'] ?? '' })
    response.end(reply ? sealed(reply) : '')
  })
})
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
await control('POST', 'callback-target', { wecomUrl: url, wechatUrl: url })

/** As a server seals its reply, with the vendor's own library. */
function sealed(xml: string): string {
  const Encrypt = encrypt(ready.callbackAesKey, xml, ready.corpId)
  const MsgSignature = getSignature(ready.callbackToken, '1772413200', 'n1', Encrypt)
  const fields: Json = { Encrypt, MsgSignature, TimeStamp: '1772413200', Nonce: 'n1', ...changed }
  // The libraries write JSON in small letters.
  if (asJson)
    return JSON.stringify(
      Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value])),
    )
  return `<xml>${Object.entries(fields)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</xml>`
}
const message = (type: string, more: string, to: string = memberId) =>
  `<xml><ToUserName><![CDATA[${to}]]></ToUserName><FromUserName><![CDATA[${ready.corpId}]]></FromUserName><CreateTime>1772413200</CreateTime><MsgType><![CDATA[${type}]]></MsgType>${more}</xml>`

async function answered(what: string, answer: string, more: Json = {}) {
  reply = answer
  const before = simulator.ledger.entries().length
  simulator.act({ as: 'staff', id: personId, do: what, ...more })
  await quiet()
  reply = ''
  return simulator.ledger.entries().slice(before)
}
const refusals = async () =>
  (await control('GET', 'stats')).body.replies as { refused: number; lastRefusal: string | null }
beforeEach(() => {
  asJson = false
  changed = {}
})

describe('a reply', () => {
  test('to a message is shown to the member at once', async () => {
    const said = await answered('say', message('text', '<Content><![CDATA[收到，谢谢]]></Content>'), { text: '已回访' })
    expect(said).toMatchObject([{ person: member.personId, kind: 'app', channel: 'passive reply', text: '收到，谢谢' }])
  })

  test('may come as JSON around it', async () => {
    asJson = true
    const said = await answered('enter-app', message('text', '<Content><![CDATA[您好]]></Content>'))
    expect(said).toMatchObject([{ text: '您好' }])
  })

  test('with news', async () => {
    const news =
      '<ArticleCount>2</ArticleCount><Articles><item><Title>一</Title></item><item><Title>二</Title><Description>三</Description></item></Articles>'
    expect(await answered('enter-app', message('news', news))).toMatchObject([{ text: '一\n二\n三' }])
  })

  const card = (task_id: string): Json => ({
    card_type: 'button_interaction',
    main_title: { title: '回访' },
    button_list: [{ text: '我来', key: 'take' }],
    task_id,
  })
  const send = (template_card: Json) =>
    wecom('/cgi-bin/message/send', {
      touser: memberId,
      agentid: ready.agentId,
      msgtype: 'template_card',
      template_card,
    })

  test('to a tap changes the button, or the whole card', async () => {
    await send(card('one'))
    const button = '<Button><ReplaceName><![CDATA[已接]]></ReplaceName></Button>'
    await answered('click', message('update_button', button), { taskId: 'one', key: 'take' })
    expect(simulator.context.cards.find(member.userId, 'one')?.replacedBy).toBe('已接')
    await send(card('two'))
    const form =
      '<TemplateCard><CardType><![CDATA[multiple_interaction]]></CardType><MainTitle><Title><![CDATA[结果]]></Title></MainTitle>' +
      '<SelectList><QuestionKey>q1</QuestionKey><Title>接通</Title><OptionList><Id>yes</Id><Text>是</Text></OptionList><OptionList><Id>no</Id><Text>否</Text></OptionList></SelectList>' +
      '<SubmitButton><Text>提交</Text><Key>submit</Key></SubmitButton></TemplateCard>'
    await answered('click', message('update_template_card', form), { taskId: 'two', key: 'take' })
    expect(simulator.context.cards.find(member.userId, 'two')?.shown).toMatchObject({
      card_type: 'multiple_interaction',
      select_list: [{ question_key: 'q1', option_list: [{ id: 'yes', text: '是' }, { id: 'no' }] }],
      submit_button: { key: 'submit' },
    })
  })

  const content = '<Content>x</Content>'
  test.each<[string, string, string, Json?]>([
    ['with another signature', message('text', content), 'signature', { MsgSignature: '0' }],
    ['that is not encrypted', message('text', content), 'not encrypted', { Encrypt: '' }],
    ['to somebody else', message('text', content, 'Nobody'), 'somebody else'],
    ['of no kind', message('poem', content), 'poem'],
    ['without words', message('text', ''), 'Content'],
    ['with a file that is not there', message('image', '<Image><MediaId>x</MediaId></Image>'), 'media_id'],
    [
      'to change a card where there is none',
      message('update_button', '<Button><ReplaceName>x</ReplaceName></Button>'),
      'card',
    ],
  ])('%s is not shown, and it is told why', async (_, given, why, change = {}) => {
    changed = change
    const { refused } = await refusals()
    expect(await answered('enter-app', given)).toEqual([])
    expect(await refusals()).toMatchObject({ refused: refused + 1, lastRefusal: expect.stringContaining(why) })
  })

  test('to an event that takes none', async () => {
    const { refused } = await refusals()
    reply = message('text', content)
    simulator.act({ as: 'customer', id: customer.personId, do: 'add-contact', userId: member.userId })
    await quiet()
    reply = ''
    expect(await refusals()).toMatchObject({
      refused: refused + 1,
      lastRefusal: expect.stringContaining('takes no reply'),
    })
  })
})

describe('callbacks', () => {
  const say = async () => {
    simulator.act({ as: 'staff', id: member.personId, do: 'say', text: '已回访' })
    await quiet()
    return received.at(-1) ?? ({} as never)
  }
  const subscribe = async () => {
    const templateId = world.templates[0]?.priTmplId
    simulator.act({ as: 'customer', id: customer.personId, do: 'mp-subscribe', templateId })
    await quiet()
    return received.at(-1) ?? ({} as never)
  }
  const choose = (more: Json) => control('POST', 'callback-target', more)

  test('of WeCom in JSON', async () => {
    await choose({ wecomFormat: 'json' })
    const { raw, query, type } = await say()
    const outside = JSON.parse(raw) as Json
    expect([type, outside.ToUserName, outside.AgentID]).toEqual([
      'application/json',
      ready.corpId,
      String(ready.agentId),
    ])
    const signature = getSignature(
      ready.callbackToken,
      String(query.get('timestamp')),
      String(query.get('nonce')),
      String(outside.Encrypt),
    )
    expect(query.get('msg_signature')).toBe(signature)
    expect(JSON.parse(decrypt(ready.callbackAesKey, String(outside.Encrypt)).message)).toMatchObject({
      Content: '已回访',
      FromUserName: memberId,
    })
    await choose({ wecomFormat: 'xml' })
  })

  test.each(['json', 'xml'])('of the mini-program in plain %s', async (wechatFormat) => {
    await choose({ wechatMode: 'plain', wechatFormat })
    const { raw, query } = await subscribe()
    expect([query.has('signature'), query.has('msg_signature'), query.get('openid')]).toEqual([
      true,
      false,
      customer.openId,
    ])
    expect(raw).not.toContain('Encrypt')
    expect(raw).toContain('subscribe_msg_popup_event')
    await choose({ wechatMode: 'safe', wechatFormat: 'json' })
  })

  test('of the mini-program in both forms at once', async () => {
    await choose({ wechatMode: 'compatible' })
    const { raw } = await subscribe()
    const { Encrypt, ...plain } = JSON.parse(raw) as Json
    expect(JSON.parse(decrypt(ready.miniProgram.aesKey, String(Encrypt)).message)).toEqual(plain)
    await choose({ wechatMode: 'safe' })
  })

  test('in a form that there is not is refused', async () => {
    for (const more of [{ wecomFormat: 'yaml' }, { wechatMode: 'loud' }]) expect((await choose(more)).status).toBe(400)
  })
})
