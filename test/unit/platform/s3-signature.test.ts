/** The examples that AWS publishes ("Examples: Signature Calculations in AWS Signature Version 4"), to the last digit. */
import { expect, test } from 'vitest'
import { sha256Hex } from '../../../src/platform/hash.ts'
import { encoded, signed } from '../../../src/platform/s3-signature.ts'

const keys = {
  region: 'us-east-1',
  accessKey: 'AKIAIOSFODNN7EXAMPLE',
  secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
}
const HOST = 'https://examplebucket.s3.amazonaws.com'
const at = new Date('2013-05-24T00:00:00Z')

test.each([
  {
    what: 'a range of an object',
    asked: { method: 'GET', path: '/test.txt', headers: { range: 'bytes=0-9' }, body: '' },
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    what: 'an object that is written, with a sign in its name',
    asked: {
      method: 'PUT',
      path: '/test%24file.text',
      headers: { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      body: 'Welcome to Amazon S3.',
    },
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    what: 'a question without a value',
    asked: { method: 'GET', path: '/?lifecycle=', headers: {}, body: '' },
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    what: 'a list',
    asked: { method: 'GET', path: '/?max-keys=2&prefix=J', headers: {}, body: '' },
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
])('$what', ({ asked: { path, body, ...asked }, signature }) => {
  const headers = asked.headers as Record<string, string>
  const all = signed({ ...asked, headers, url: new URL(HOST + path), sha256: sha256Hex(body), at }, keys)
  expect(all.authorization).toMatch(new RegExp(`/20130524/us-east-1/s3/aws4_request, .*Signature=${signature}$`))
})

test('what a name may hold is encoded as the signature wants it', () => {
  expect(encoded("a b+c/d~e'(f)*!照")).toBe('a%20b%2Bc%2Fd~e%27%28f%29%2A%21%E7%85%A7')
})
