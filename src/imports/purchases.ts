/** Receipts: one line, or one line per article with the receipt's number on each. */
import { defined } from '../platform/views.ts'
import { type ProductType, PurchaseBody, type PurchaseInput } from '../treatments/index.ts'
import { checked, customerField, moment, number, storeField, text } from './fields.ts'
import type { Kind, Said } from './kinds.ts'
import { readFen, readWhole, readWord, wordsOf } from './values.ts'

/** What every line of a receipt says alike. */
const SHARED = ['storeId', 'customerExternalId', 'paidAt', 'totalFen'] as const

/** Kinds of retail products; null: what is no product to take home. */
const TYPES = wordsOf<ProductType | null>([
  ['skin_care', '护肤品', '护肤', '护肤产品', '面膜', '防晒', 'skin_care'],
  ['make_up', '彩妆', '化妆品', '美妆', 'make_up'],
  ['fragrance', '香水', '香氛', 'fragrance'],
  ['medical', '械字号', '医疗器械', '医用敷料', '敷料', '修复产品', '修复类', '医学护肤品', '药妆', 'medical'],
  ['device', '仪器', '美容仪', '家用仪器', '家用美容仪', '设备', 'device'],
  [null, '项目', '治疗项目', '服务', '疗程', '套餐', '卡项', '储值', '储值卡', '定金', '押金', '其他', '其它', '无'],
])

export const purchases: Kind<PurchaseInput> = {
  keyField: 'externalId',
  manyRows: true,
  fields: [
    storeField,
    {
      name: 'externalId',
      zh: '单号',
      headings: [
        '收费单号',
        '消费单号',
        '结算单号',
        '收据号',
        '小票号',
        '订单号',
        '订单编号',
        '单据编号',
        '单号',
        '流水号',
        'externalId',
      ],
      required: true,
      joint: '-',
      read: number,
    },
    customerField,
    {
      name: 'paidAt',
      zh: '付款时间',
      headings: [
        '付款时间',
        '支付时间',
        '收费时间',
        '结算时间',
        '消费时间',
        '付款日期',
        '收费日期',
        '结算日期',
        '消费日期',
        '开单日期',
        'paidAt',
      ],
      required: true,
      read: moment,
    },
    {
      name: 'itemName',
      zh: '品名',
      headings: ['商品名称', '产品名称', '品名', '项目名称', '品项名称', '商品', '产品', '项目', 'itemName'],
      required: true,
      read: text,
    },
    {
      name: 'itemCode',
      zh: '项目代码',
      headings: ['项目代码', 'itemCode'],
      read: (cell, { lookups }) => lookups.treatment(cell),
    },
    {
      name: 'itemType',
      zh: '产品类型',
      headings: ['产品类型', '商品类型', '产品分类', '商品分类', '产品类别', '商品类别', 'itemType'],
      read: (cell) => readWord(cell, TYPES),
    },
    { name: 'quantity', zh: '数量', headings: ['数量', '次数', 'quantity'], read: (cell) => readWhole(cell) },
    {
      name: 'itemFen',
      zh: '金额（元）',
      headings: ['实收金额', '实付金额', '成交金额', '付款金额', '金额', '小计', '实收', 'amount'],
      required: true,
      read: (cell) => readFen(cell),
    },
    {
      name: 'totalFen',
      zh: '整单金额（元）',
      headings: ['整单金额', '整单实收', '单据金额', '订单金额', '合计', '总金额', 'total'],
      read: (cell) => readFen(cell),
    },
  ],
  entryOf(rows) {
    const [first = {}] = rows
    const differing = SHARED.find((field) => rows.some((row) => row[field] !== first[field]))
    if (differing) return [{ field: differing, code: 'receipt_differs' }]
    const items = rows.map(({ itemName, itemCode, itemType, quantity, itemFen }) =>
      defined({
        name: itemName,
        code: itemCode,
        type: itemType ?? undefined,
        quantity: quantity ?? 1,
        amountFen: itemFen,
      }),
    )
    const { storeId, customerExternalId, externalId, paidAt } = first
    const body = checked(PurchaseBody, {
      storeId,
      customerExternalId,
      externalId,
      paidAt,
      items,
      amountFen: first.totalFen ?? sumOf(rows),
    })
    return Array.isArray(body) ? body : { ...defined(body), items: body.items.map((item) => defined(item)) }
  },
  write: (desks, entries, options) => desks.purchases.recordMany(entries, options),
}

const sumOf = (rows: readonly Said[]): number => rows.reduce((sum, { itemFen }) => sum + Number(itemFen), 0)
