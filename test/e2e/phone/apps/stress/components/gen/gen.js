Component({ properties: { value: String } })
