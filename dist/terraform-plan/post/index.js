globalThis.slipwayProgram = 'post'
await import('../index.js')
