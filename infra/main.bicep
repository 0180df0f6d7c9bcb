// The app in Azure: `azd up`. docs/azure.md says what each part is for.
targetScope = 'subscription'

import { customVisionAccount, optionalSecrets, optionalSettings } from 'types.bicep'

@minLength(1)
@maxLength(32)
@description('Name of the environment; azd gives it.')
param environmentName string

@description('A region that has Flex Consumption.')
param location string

@minLength(1)
@description('The Custom Vision accounts that the app works on.')
param customVisionAccounts customVisionAccount[]

@description('Whether the app may erase. If not, no identity of its can delete anything in Custom Vision.')
param erasures bool = true

@description('Name of the task hub: letters and digits. Requests that have not ended belong to it, so let it stay.')
param taskHubName string = 'CustomVisionSteward'

@description('NCRONTAB, in UTC: when each account is exported.')
param exportSchedule string = '0 0 2 * * *'

@description('NCRONTAB, in UTC: when old bags are deleted.')
param retentionSchedule string = '0 0 4 * * *'

@description('NCRONTAB, in UTC: when details, plans and histories that are older are deleted.')
param forgetSchedule string = '0 30 3 * * *'

@description('NCRONTAB, in UTC: how often requests that were lost are looked for.')
param reconcileSchedule string = '0 */5 * * * *'

@description('Settings beside those that this template makes.')
param settings optionalSettings = {}

@secure()
@description('Secrets of ticketing systems.')
param secrets optionalSecrets = {}

@description('Redundancy of the archive.')
param archiveSku string = 'Standard_ZRS'

@minValue(0)
@maxValue(365)
@description('Days for which the archive keeps what was deleted or overwritten; 0: not at all.')
param archiveSoftDeleteDays int = 7

@description('Whether the archive keeps versions. Then an erasure that reaches the archive ends as incomplete, until they are gone.')
param archiveVersioning bool = false

@minValue(1)
@description('Days after which a lifecycle rule deletes a version.')
param archiveVersionDays int = 7

@description('Whether to make the role by which the app sees what kind of account the archive is in; needs the right to write role definitions.')
param archiveInformationRole bool = true

@minValue(1)
@maxValue(1000)
@description('Instances at most. The service gives an account ten calls a second, so a few are enough.')
param maximumInstanceCount int = 40

@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@minValue(0)
@description('Instances that are always there for orchestrations and activities; with none, each begins with a cold start.')
param alwaysReadyDurable int = 1

@description('Whether storage and vault are reached by a virtual network only.')
param privateNetwork bool = false

@description('Addresses of that network: a /24.')
param networkPrefix string = '10.64.0.0/24'

var token = uniqueString(subscription().id, environmentName, location)
var tags = { 'azd-env-name': environmentName }

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

// Three identities, so that what runs as one cannot do what another may: the app's own has no right to Custom Vision.

module appIdentity 'br/public:avm/res/managed-identity/user-assigned-identity:0.6.0' = {
  scope: group
  params: { name: 'id-app-${token}', location: location, tags: tags }
}

module readerIdentity 'br/public:avm/res/managed-identity/user-assigned-identity:0.6.0' = {
  scope: group
  params: { name: 'id-reader-${token}', location: location, tags: tags }
}

module contributorIdentity 'br/public:avm/res/managed-identity/user-assigned-identity:0.6.0' = if (erasures) {
  scope: group
  params: { name: 'id-contributor-${token}', location: location, tags: tags }
}

module customVision 'custom-vision.bicep' = [
  for account in customVisionAccounts: {
    scope: resourceGroup(split(account.resourceId, '/')[2], split(account.resourceId, '/')[4])
    params: {
      accountName: last(split(account.resourceId, '/'))
      readerPrincipalId: readerIdentity.outputs.principalId
      contributorPrincipalId: erasures ? contributorIdentity!.outputs.principalId : ''
    }
  }
]

module network 'network.bicep' = if (privateNetwork) {
  scope: group
  params: { token: token, location: location, tags: tags, prefix: networkPrefix }
}

module monitoring 'monitoring.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    appPrincipalId: appIdentity.outputs.principalId
  }
}

module storage 'storage.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    appPrincipalId: appIdentity.outputs.principalId
    network: privateNetwork ? network!.outputs.network : null
    archiveSku: archiveSku
    archiveSoftDeleteDays: archiveSoftDeleteDays
    archiveVersioning: archiveVersioning
    archiveVersionDays: archiveVersionDays
    archiveInformationRole: archiveInformationRole
  }
}

module evidence 'evidence.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    appPrincipalId: appIdentity.outputs.principalId
    network: privateNetwork ? network!.outputs.network : null
  }
}

module app 'app.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    appIdentity: {
      resourceId: appIdentity.outputs.resourceId
      principalId: appIdentity.outputs.principalId
      clientId: appIdentity.outputs.clientId
    }
    readerIdentity: {
      resourceId: readerIdentity.outputs.resourceId
      principalId: readerIdentity.outputs.principalId
      clientId: readerIdentity.outputs.clientId
    }
    contributorIdentity: erasures ? {
          resourceId: contributorIdentity!.outputs.resourceId
          principalId: contributorIdentity!.outputs.principalId
          clientId: contributorIdentity!.outputs.clientId
        } : null
    customVisionAccounts: [
      for (account, index) in customVisionAccounts: {
        name: account.name
        resourceId: account.resourceId
        endpoint: customVision[index].outputs.endpoint
      }
    ]
    hostStorageName: storage.outputs.hostName
    hostBlobEndpoint: storage.outputs.hostBlobEndpoint
    deploymentContainer: storage.outputs.deploymentContainer
    budgetContainer: storage.outputs.budgetContainer
    archiveBlobEndpoint: storage.outputs.archiveBlobEndpoint
    archiveContainer: storage.outputs.archiveContainer
    evidenceKey: evidence.outputs.evidenceKey
    applicationInsightsConnectionString: monitoring.outputs.connectionString
    network: privateNetwork ? network!.outputs.network : null
    taskHubName: taskHubName
    exportSchedule: exportSchedule
    retentionSchedule: retentionSchedule
    forgetSchedule: forgetSchedule
    reconcileSchedule: reconcileSchedule
    settings: settings
    secrets: secrets
    maximumInstanceCount: maximumInstanceCount
    instanceMemoryMB: instanceMemoryMB
    alwaysReadyDurable: alwaysReadyDurable
  }
}

output AZURE_RESOURCE_GROUP string = group.name
output FUNCTIONS_URL string = app.outputs.url
output FUNCTIONS_APP string = app.outputs.name
output ARCHIVE_ACCOUNT_URL string = storage.outputs.archiveBlobEndpoint
output ARCHIVE_CONTAINER string = storage.outputs.archiveContainer
output EVIDENCE_KEY string = evidence.outputs.evidenceKey
