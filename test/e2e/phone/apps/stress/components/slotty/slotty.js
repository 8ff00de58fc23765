Component({ options: { multipleSlots: true, virtualHost: true }, properties: { n: Number } })
