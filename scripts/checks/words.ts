/** Chinese that stands in code reaches people, too: it is held to the same list of words as templates and guides. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import type { WordLint } from '../../src/messaging/index.ts'

const CHINESE = /\p{Script=Han}/u

/** One line per text in `src` that says what no text may say. Comments are for us; offers are judged where a template has its class. */
export const forbiddenWords = (lint: WordLint, root = '.'): string[] =>
  readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .flatMap((path) => {
      const shown = join('src', path)
      return textsIn(shown, readFileSync(join(root, shown), 'utf8')).flatMap(({ line, text }) =>
        lint(text, 'promotion').map((message) => `${shown}:${line} ${message}`),
      )
    })

function textsIn(path: string, source: string): { line: number; text: string }[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true)
  const found: { line: number; text: string }[] = []
  const visit = (node: ts.Node): void => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
    if (isText && CHINESE.test(node.text))
      found.push({ line: file.getLineAndCharacterOfPosition(node.getStart()).line + 1, text: node.text })
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}
