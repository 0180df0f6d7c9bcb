// What the app's identities may do in one Custom Vision account, which is there already, often in a resource group of its own.

param accountName string
param readerPrincipalId string

@description('Empty: the app does not erase.')
param contributorPrincipalId string

// Built-in roles [Azure built-in roles, "AI + machine learning"]. The reader's has CustomVision/*/read, the query of stored
// predictions, and Microsoft.CognitiveServices/*/read, by which the account and its usages are read on the management plane:
// no Reader beside it.
var customVisionReader = '93586559-c37d-4a6b-ba08-b9f0940c2d73' // Cognitive Services Custom Vision Reader
var customVisionContributor = 'c1ff6cc2-c111-46fe-8896-e0ef812ad9f3' // Cognitive Services Custom Vision Contributor

resource account 'Microsoft.CognitiveServices/accounts@2024-10-01' existing = {
  name: accountName
}

resource reading 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, readerPrincipalId, customVisionReader)
  scope: account
  properties: {
    principalId: readerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', customVisionReader)
  }
}

resource erasing 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(contributorPrincipalId)) {
  name: guid(account.id, contributorPrincipalId, customVisionContributor)
  scope: account
  properties: {
    principalId: contributorPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', customVisionContributor)
  }
}

output endpoint string = account.properties.endpoint
