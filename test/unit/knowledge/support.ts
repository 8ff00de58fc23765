/** A handful of articles, short enough to know by heart. */
import { loadConfig } from '../../../src/config.ts'
import type { Article } from '../../../src/knowledge/index.ts'
import { createLibrary } from '../../../src/knowledge/library.ts'

const { knowledge, treatments } = loadConfig('config')

export function article(id: string, title: string, answer: string, more: Partial<Article> = {}): Article {
  return {
    id,
    kind: 'faq',
    title,
    asks: [],
    audience: 'customer',
    treatments: [],
    owner: 'doctor',
    reviewOn: '2027-05-31',
    version: 1,
    status: 'approved',
    answer,
    ...more,
  }
}

export const HANDFUL: readonly Article[] = [
  article(
    'filler-wash',
    '玻尿酸填充后多久能洗脸化妆？',
    '24 小时内针眼不沾水，请您用湿巾擦拭周围；第二天可以用清水轻轻洗脸，三天后再化妆。',
    {
      asks: ['填完可以用洗面奶吗'],
      treatments: ['hyaluronic_filler'],
      days: [0, 3],
    },
  ),
  article('ipl-wash', '光子嫩肤后怎么洗脸？', '当天请您用清水轻柔清洁，三天内不用热水，也不用洁面仪。', {
    asks: ['光子完碰水行不行'],
    treatments: ['ipl'],
    days: [0, 7],
  }),
  article(
    'filler-bruise',
    '玻尿酸填充后淤青多久退？',
    '淤青多在一到两周内由紫变黄、慢慢消退，请您不要揉搓，也不要热敷。',
    {
      asks: ['针眼旁边紫了一块'],
      treatments: ['hyaluronic_filler'],
      days: [0, 14],
    },
  ),
  article('botox-alcohol', '肉毒素后能喝酒、运动吗？', '当天请您不饮酒、不做剧烈运动，也不去蒸桑拿。', {
    asks: ['打完瘦脸针有饭局'],
    treatments: ['botulinum'],
  }),
  article('invoice', '怎么开发票？', '您可以在到店时请前台开具，也可以把抬头发给我们，三个工作日内发到您的邮箱。', {
    asks: ['能报销不'],
  }),
  article(
    'script-late',
    '客户等了很久，怎么说',
    '{{customer}}您好，让您久等了，真的很抱歉，{{doctor}}医生还需要几分钟。',
    {
      kind: 'script',
      audience: 'staff',
    },
  ),
]

export const libraryOf = (articles: readonly Article[] = HANDFUL) =>
  createLibrary({ articles, synonyms: knowledge.synonyms, kinds: treatments })
