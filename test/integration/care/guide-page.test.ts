/** From the message to the page: a customer opens the link that she got. */
import { expect, test } from 'vitest'
import { apiWorld, enterRecords } from '../api/support.ts'
import { careWorld } from './support.ts'

test('guidance by chat has the address of its drawings, guidance by SMS has none', async () => {
  const w = await careWorld({ env: { PUBLIC_URL: 'https://care.example/' }, pathways: ['base'] })
  await w.to('2026-03-02 15:00')
  await w.customer(0)
  await w.customer(1)
  await w.chats(0)
  await w.treatment(0, '2026-03-02 14:50', { code: 'hyaluronic_filler' })
  await w.treatment(1, '2026-03-02 14:50', { code: 'hyaluronic_filler' })
  await w.to('2026-03-03 21:00')
  const links = w.got(0, 'kf').flatMap(({ text }) => /https:\S+/.exec(text)?.[0] ?? [])
  expect(links).toEqual([0, 1].map((day) => `https://care.example/p/guides/hyaluronic_filler/${day}?s=huayan`))
  expect(w.got(1, 'sms')).toHaveLength(2)
  expect(w.got(1).some(({ text }) => text.includes('http'))).toBe(false)
})

test('the page needs no key, names the store and can be dialled from; what is not there is said in Chinese', async () => {
  const world = await apiWorld()
  await enterRecords(world)
  const open = (path: string, method = 'GET') => world.ask({ method, path })
  const page = await open('/p/guides/hyaluronic_filler/1?s=huayan&from=timeline')
  expect(page.status).toBe(200)
  expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
  expect(page.headers['content-security-policy']).toContain("default-src 'none'")
  expect(page.text).toContain('<p class="store">华颜</p>')
  expect(page.text).toContain('<a href="tel:02160000002">021-60000002</a>')
  // A store that nobody knows is no reason to withhold what matters.
  const without = await open('/p/guides/hyaluronic_filler/1?s=nowhere')
  expect([without.status, without.text.includes('021-')]).toEqual([200, false])
  for (const path of [
    '/p/guides/hyaluronic_filler/99',
    '/p/guides/<b>/1',
    '/p/guides/ipl/1?s=a&s=b',
    '/p/guides/ipl/1?t=<i>',
  ]) {
    const refused = await open(encodeURI(path))
    expect([path, refused.status, refused.headers['cache-control']]).toEqual([path, 404, 'no-store'])
    expect(refused.text).toContain('<!doctype html>')
    expect(refused.text).toMatch(/没有找到/)
    expect(refused.text).not.toMatch(/<b>|<i>/)
  }
  expect((await open('/p/guides/ipl/1', 'POST')).status).toBe(405)
})
