/** What any puppet must do for the bot; then what ours does beyond it. */
import { afterAll, describe, expect, test, vi } from 'vitest'
import { type Harness, onMock, onOurs } from './harness.ts'

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const ours = await onOurs()
const harnesses: Harness[] = [await onMock(), ours]
afterAll(async () => {
  for (const one of harnesses) await one.stop()
})

const heardBy = ({ wechaty }: Harness) => {
  const heard: import('wechaty').Message[] = []
  wechaty.on('message', (message) => {
    if (!message.self()) heard.push(message)
  })
  return heard
}

describe.each(harnesses.map((harness) => [harness.name, harness] as const))('%s', (_, harness) => {
  const heard = heardBy(harness)
  const last = (count: number) => vi.waitFor(() => expect(heard.length).toBe(count)).then(() => heard.at(-1))

  test('is signed in without anybody scanning a code', () => {
    expect(harness.wechaty.isLoggedIn).toBe(true)
  })

  test('a text comes with who wrote it, and to whom', async () => {
    const customer = harness.customer('王女士')
    harness.says(customer, '可以洗脸吗')
    const message = await last(1)
    expect(message?.text()).toBe('可以洗脸吗')
    expect(message?.type()).toBe(harness.wechaty.Message.Type.Text)
    expect(message?.talker().id).toBe(customer)
    expect(message?.talker().name()).toBe('王女士')
    expect(message?.listener()?.id).toBe(harness.wechaty.currentUser.id)
    expect(message?.room()).toBeUndefined()
  })

  test('what is said to a message reaches who wrote it', async () => {
    const customer = harness.customer('李女士')
    harness.says(customer, '在吗')
    await (await last(2))?.say('在的，请讲')
    await vi.waitFor(() => expect(harness.got()).toContainEqual({ to: customer, text: '在的，请讲' }))
  })

  test('messages come in the order in which they were written', async () => {
    const customer = harness.customer('赵女士')
    for (const word of ['一', '二', '三']) harness.says(customer, word)
    await last(5)
    expect(heard.slice(-3).map((message) => message.text())).toEqual(['一', '二', '三'])
  })

  test('a picture comes with its bytes', async () => {
    harness.sends(harness.customer('孙女士'), { name: 'a.jpg', base64: PIXEL })
    const message = await last(6)
    expect(message?.type()).toBe(harness.wechaty.Message.Type.Image)
    expect(await (await message?.toFileBox())?.toBase64()).toBe(PIXEL)
  })

  test('a person is found by id and can be spoken to first', async () => {
    const customer = harness.customer('周女士')
    const contact = await harness.wechaty.Contact.find({ id: customer })
    await contact?.say('您的预约是明天')
    await vi.waitFor(() => expect(harness.got()).toContainEqual({ to: customer, text: '您的预约是明天' }))
  })
})

describe('our puppet', () => {
  const { house, hear, wechaty, puppet } = ours
  const { Type } = wechaty.Message

  test.each([
    ['voice', Type.Audio],
    ['video', Type.Video],
    ['file', Type.Attachment],
    ['location', Type.Location],
    ['link', Type.Url],
    ['business_card', Type.Contact],
    ['miniprogram', Type.MiniProgram],
    ['merged_msg', Type.ChatHistory],
    ['channels_shop_order', Type.Unknown],
  ])('%s keeps its kind', async (type, kind) => {
    const { id } = hear({ type })
    expect((await wechaty.Message.find({ id }))?.type()).toBe(kind)
  })

  test('a place, a link and a page of a mini-program come with what they say', async () => {
    const place = hear({
      type: 'location',
      content: { name: '华颜', address: '示例路', latitude: 31.2, longitude: 121.4 },
    })
    expect(await puppet.messageLocation(place.id)).toMatchObject({ name: '华颜', latitude: 31.2, longitude: 121.4 })
    const link = hear({ type: 'link', content: { title: '护理', url: 'https://a.example/', desc: '要点' } })
    expect(await puppet.messageUrl(link.id)).toMatchObject({ title: '护理', url: 'https://a.example/' })
    const page = hear({ type: 'miniprogram', content: { title: '首页', appid: 'wx1', pagepath: 'pages/a' } })
    expect(await puppet.messageMiniProgram(page.id)).toMatchObject({ appid: 'wx1', pagePath: 'pages/a' })
  })

  test('answers have the id of the message with their number; again they are the same', async () => {
    const id = 'answered'
    const answer = async (message: import('wechaty').Message) => {
      if (message.id !== id) return
      await message.say('第一句')
      await new Promise((done) => setTimeout(done, 5))
      await message.say('第二句')
    }
    wechaty.on('message', (message) => void answer(message))
    hear({ id, text: '请问' })
    await vi.waitFor(() => expect([...house.sent.keys()]).toContain('answered:1'))
    puppet.deliver(id)
    await new Promise((done) => setTimeout(done, 50))
    expect([...house.sent.keys()].filter((key) => key.startsWith('answered'))).toEqual(['answered:0', 'answered:1'])
  })

  test('numbered lines become buttons', async () => {
    const id = await puppet.messageSendText('c1', '有帮助吗？\n1 有帮助\n2 没有帮助')
    expect(house.sent.get(id)?.content).toEqual({
      kind: 'text',
      text: '有帮助吗？',
      menu: [
        { id: 'bot_1', label: '1 有帮助' },
        { id: 'bot_2', label: '2 没有帮助' },
      ],
    })
  })

  test('a file goes by its kind', async () => {
    const { FileBox } = await import('file-box')
    const id = await puppet.messageSendFile('c1', FileBox.fromBase64(PIXEL, 'a.png'))
    expect(house.sent.get(id)?.content).toMatchObject({ kind: 'media', type: 'image' })
    const other = await puppet.messageSendFile('c1', FileBox.fromBase64(PIXEL, 'a.pdf'))
    expect(house.sent.get(other)?.content).toMatchObject({ kind: 'media', type: 'file' })
  })

  test('what has not left can be taken back', async () => {
    const id = await puppet.messageSendText('c1', '发错了')
    expect(await puppet.messageRecall(id)).toBe(true)
    expect(await puppet.messageRecall(id)).toBe(false)
  })

  test('groups, friend requests and moments are refused, and there are none', async () => {
    await expect(puppet.roomCreate()).rejects.toThrow()
    await expect(puppet.friendshipAdd()).rejects.toThrow()
    expect(await puppet.roomList()).toEqual([])
    expect(await puppet.contactList()).toEqual([])
  })

  test('a message that is gone is an error, not the end', async () => {
    const errors: unknown[] = []
    wechaty.on('error', (error) => void errors.push(error))
    puppet.deliver('nobody-knows')
    await vi.waitFor(() => expect(errors).toHaveLength(1))
  })
})
