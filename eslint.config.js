import eslint from '@eslint/js'
import importX from 'eslint-plugin-import-x'
import jsdoc from 'eslint-plugin-jsdoc'
import tseslint from 'typescript-eslint'

const published = ['actions/**/*.ts', 'lab/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts']

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'build/',
      'coverage/',
      'sample-app/',
      'terraform/',
      '**/fixtures/',
      'lab/actions/',
    ],
  },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    plugins: {'import-x': importX, jsdoc},
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', {fixStyle: 'separate-type-imports'}],
      '@typescript-eslint/no-unnecessary-condition': ['error', {allowConstantLoopConditions: 'only-allowed-literals'}],
      // A method without `this` is how ports are written here (interfaces of functions).
      '@typescript-eslint/unbound-method': 'off',
      // The compiler asks for brackets on index signatures (noPropertyAccessFromIndexSignature); prettier keeps them.
      '@typescript-eslint/dot-notation': 'off',
      'import-x/no-self-import': 'error',
      'max-lines-per-function': ['error', {max: 50, skipBlankLines: true, skipComments: true}],
      'max-lines': ['error', {max: 250}],
      complexity: ['error', 12],
      eqeqeq: 'error',
      'no-console': 'off',
    },
  },
  {
    files: published,
    rules: {
      'jsdoc/require-jsdoc': [
        'error',
        {
          publicOnly: true,
          require: {FunctionDeclaration: true, ClassDeclaration: true, MethodDefinition: true},
          contexts: [
            'TSInterfaceDeclaration',
            'TSTypeAliasDeclaration',
            'ExportNamedDeclaration > VariableDeclaration',
          ],
          checkConstructors: false,
        },
      ],
      'jsdoc/check-param-names': ['error', {disableMissingParamChecks: true}],
      'jsdoc/check-tag-names': 'error',
    },
  },
  {
    // Arrows between folders point one way: an action -> shared subjects -> core -> libraries.
    files: ['actions/shared/core/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {regex: '^\\.\\./(?!core/|\\.\\./\\.\\./node_modules/)', message: 'shared/core stands on libraries alone.'},
          ],
        },
      ],
    },
  },
  {
    files: ['actions/shared/**/*.ts'],
    ignores: ['actions/shared/core/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {patterns: [{regex: '^(\\.\\./)+[a-z-]+/src/', message: 'shared/ must not import an action.'}]},
      ],
    },
  },
  {
    files: ['actions/*/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {patterns: [{regex: '^(\\.\\./)+(?!shared/)[a-z-]+/src/', message: 'Actions never import each other.'}]},
      ],
    },
  },
  {
    files: ['__tests__/**/*.ts'],
    rules: {
      'max-lines-per-function': 'off',
      'max-lines': ['error', {max: 600}],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked]},
)
