/** How a message addresses a person. Pure. */

export type Gender = 'female' | 'male' | 'unknown'

// The compound surnames that are met today; anything else takes its first character.
const COMPOUND = new Set(
  '欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 慕容 令狐 司徒 司空 夏侯 端木 宇文 长孙 轩辕 独孤 南宫 西门 百里 呼延 澹台 申屠 太史 闻人 万俟 赫连 濮阳 淳于 单于 公冶 宗政 钟离 鲜于 闾丘 亓官 第五'.split(
    ' ',
  ),
)
const CHINESE_NAME = /^\p{Script=Han}{2,4}$/u

/** 王女士, 欧阳先生; the full name where gender or surname isn't known; 贵宾 where there is no name at all. */
export function salutationOf(name: string, gender: Gender): string {
  if (name === '') return '贵宾'
  if (gender === 'unknown' || !CHINESE_NAME.test(name)) return name
  const characters = [...name]
  const two = characters.slice(0, 2).join('')
  // 欧阳 alone is Mr Ou, given name Yang.
  const surname = characters.length > 2 && COMPOUND.has(two) ? two : characters[0]
  return `${surname}${gender === 'female' ? '女士' : '先生'}`
}
