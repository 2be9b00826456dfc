globalThis.slipwayProgram = 'credential-plugin'
await import('../index.js')
