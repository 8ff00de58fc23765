/** What the reader of vendor XML takes and what it doesn't, whoever wrote it. */
import { expect, test } from 'vitest'
import { decodeUtf8, ENVELOPE_TAGS, parseXml } from '../../../src/wecom/xml.ts'

const reasonOf = (text: string, most?: number): unknown => {
  try {
    parseXml(text, most)
    return null
  } catch (error) {
    const { code, details } = error as { code: string; details: { reason: string } }
    return code === 'bad_callback' ? details.reason : error
  }
}
const cdata = (content: string) => `<xml><Content><![CDATA[${content}]]></Content></xml>`

test.each([
  ['markup', '<b>a & b</b>'],
  ['what looks like the end', '</Content></xml><xml><MsgType>event</MsgType>'],
  ['a DOCTYPE', '<!DOCTYPE html><p>'],
  ['an entity', '<!ENTITY a "b"> &a; &lt;'],
  ['a comment', '<!-- x -->'],
  ['leading zeros', '0012345'],
  ['a number beyond 2^53', '23456789012345678901'],
  ['brackets', 'a]] >b]'],
  ['lines', '一\n二'],
  ['a NUL', 'a\u0000b'],
  ['beyond the BMP', '💉'],
])('a person may write %s', (_, content) => {
  expect(parseXml(cdata(content)).Content).toBe(content)
})

test('a closing mark inside CDATA comes in two sections and is whole again', () => {
  expect(parseXml(cdata('a]]]]><![CDATA[>b')).Content).toBe('a]]>b')
})

test('one and many read the same where the vendor repeats a tag; elsewhere two make no text', () => {
  const item = '<SelectedItem><QuestionKey>q</QuestionKey></SelectedItem>'
  for (const n of [1, 2])
    expect(parseXml(`<xml><SelectedItems>${item.repeat(n)}</SelectedItems></xml>`).SelectedItems).toEqual({
      SelectedItem: Array(n).fill({ QuestionKey: 'q' }),
    })
  expect(parseXml('<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>').Encrypt).toEqual(['a', 'b'])
})

test('a declaration, a byte order mark and space around it are no harm', () => {
  const bytes = Buffer.from(`\ufeff<?xml version="1.0" encoding="utf-8"?>\n${cdata('x')}\n`)
  expect(parseXml(decodeUtf8(bytes))).toEqual({ Content: 'x' })
})

test.each([
  ['a DOCTYPE', `<!DOCTYPE x>${cdata('x')}`],
  ['a DOCTYPE inside', '<xml><!DOCTYPE x [<!ENTITY a "b">]><a>&a;</a></xml>'],
  ['a DOCTYPE behind CDATA in a comment', `<!-- <![CDATA[ --><!DOCTYPE x><!-- ]]> -->${cdata('x')}`],
  ['a DOCTYPE behind CDATA in an attribute', `<xml a="<![CDATA["><!DOCTYPE x><b>]]></b></xml>`],
  ['a DOCTYPE behind CDATA in an instruction', `<?a <![CDATA[ ?><!DOCTYPE x>${cdata(']]>')}`],
  ['an entity in lower case', '<!entity a "b">'],
  ['a comment', '<xml><!-- --><a>b</a></xml>'],
  ['an attribute', '<xml a="b"><a>b</a></xml>'],
  ['an instruction', '<xml><?php x ?><a>b</a></xml>'],
  ['a name of the prototype', '<xml><__proto__><a>1</a></__proto__></xml>'],
  ['CDATA without an end', '<xml><![CDATA[x</xml>'],
  ['an open tag', '<xml><a></xml>'],
  ['two roots', '<xml></xml><xml></xml>'],
  ['another root', '<html><a>b</a></html>'],
  ['text alone', 'hello'],
  ['nothing', ''],
  ['depth without end', `<xml>${'<a>'.repeat(1_000)}${'</a>'.repeat(1_000)}</xml>`],
])('%s is refused', (_, text) => {
  expect(reasonOf(text)).toEqual(expect.any(String))
})

test('more tags than an envelope has are refused before the parser sees them', () => {
  const around = (tags: string) => `<xml>${tags}</xml>`
  expect(reasonOf(around('<a/>'.repeat(15_000)), ENVELOPE_TAGS)).toBe('too many tags')
  expect(reasonOf(around('<![CDATA[]]>'.repeat(5_000)), ENVELOPE_TAGS)).toBe('too many tags')
  expect(reasonOf(around('<a>b</a>'.repeat(20)), ENVELOPE_TAGS)).toBeNull()
})
