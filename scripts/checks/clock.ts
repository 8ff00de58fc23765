/** Business and machine time come from the injected clock; one file reads the machine's. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const THE_CLOCK = join('src', 'platform', 'clock.ts')

/** One line per place that reads the machine's clock: `new Date`, `Date()`, `Date.now`, also when handed on, and `Temporal.Now`. */
export const clockReads = (root = '.'): string[] =>
  sources(root, 'src')
    .filter((path) => path !== THE_CLOCK)
    .flatMap((path) =>
      readsIn(path, readFileSync(join(root, path), 'utf8')).map(
        (line) => `${path}:${line} reads the machine's clock: take the injected Clock, or instant() to parse`,
      ),
    )

function readsIn(path: string, text: string): number[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const lines: number[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && isRead(node)) lines.push(file.getLineAndCharacterOfPosition(node.getStart()).line + 1)
    ts.forEachChild(node, visit)
  }
  visit(file)
  return lines
}

/** `Date` as a value, but for what does not look at the time. */
function isRead({ text, parent }: ts.Identifier): boolean {
  const member = ts.isPropertyAccessExpression(parent) ? parent : null
  if (text === 'Now') return member?.expression.getText() === 'Temporal'
  if (text !== 'Date' || member?.name.text === 'Date') return false
  if (member) return !['UTC', 'parse', 'prototype'].includes(member.name.text)
  if (ts.isBinaryExpression(parent)) return parent.operatorToken.kind !== ts.SyntaxKind.InstanceOfKeyword
  return ts.isExpression(parent) || ts.isVariableDeclaration(parent)
}

function sources(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? sources(root, path) : path.endsWith('.ts') ? [path] : []
  })
}
