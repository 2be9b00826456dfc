import {createHash} from 'node:crypto'
import {applySet, parseSetName} from '../../../actions/shared/kubernetes/prune/apply-set.ts'

// The format is fixed by KEP-3659: base64url without padding of sha256("<name>.<namespace>.<kind>.<group>").
it('a set has the id that every other tool computes for it', () => {
  const hash = createHash('sha256').update('shop.default.ConfigMap.').digest('base64url')
  expect(applySet(parseSetName('configmap/shop'), 'default').id).toBe(`applyset-${hash}-v1`)
  // As kubectl 1.34 labels the members of `--applyset=configmap/shop -n k7-prune`.
  expect(applySet(parseSetName('configmap/shop'), 'k7-prune').id).toBe(
    'applyset-ESgHFIYzHzoGHnp2lAmqHe_M1eCQ8p-ZpPs1ZZO-3ec-v1',
  )
})

it.each([
  ['shop', 'Secret'],
  ['secrets/shop', 'Secret'],
  ['configmap/shop', 'ConfigMap'],
  ['ConfigMaps/shop', 'ConfigMap'],
])('%s means a %s, as in kubectl', (value, kind) => {
  expect(parseSetName(value)).toMatchObject({name: 'shop', parent: {kind}})
})

it.each(['', 'deployment/shop', 'a/b/c', 'Shop', 'configmap/', '-x'])('"%s" is no name of a set', (value) => {
  expect(() => parseSetName(value)).toThrow(`Input "applyset" is "${value}"`)
})
