// The Functions app: Flex Consumption, Python, and all of its settings.

import { connectedAccount, identity, network as networkType, optionalSecrets, optionalSettings } from 'types.bicep'

param token string
param location string
param tags object
param appIdentity identity
param readerIdentity identity

@description('Null: the app does not erase.')
param contributorIdentity identity?
param customVisionAccounts connectedAccount[]
param hostStorageName string
param hostBlobEndpoint string
param deploymentContainer string
param budgetContainer string
param archiveBlobEndpoint string
param archiveContainer string
param evidenceKey string
param applicationInsightsConnectionString string
param network networkType?
param taskHubName string
param exportSchedule string
param retentionSchedule string
param forgetSchedule string
param reconcileSchedule string
param settings optionalSettings

@secure()
param secrets optionalSecrets
param maximumInstanceCount int
param instanceMemoryMB int
param alwaysReadyDurable int

var siteName = 'func-${token}'
var deleting = contributorIdentity == null ? {} : { contributorClientId: contributorIdentity!.clientId }
var accounts = toObject(
  customVisionAccounts,
  account => account.name,
  account =>
    union(
      {
        endpoint: account.endpoint
        resourceId: account.resourceId
        readerClientId: readerIdentity.clientId
        archive: { connection: 'ARCHIVE_STORAGE', container: archiveContainer }
        // Not in the archive: each call's write would be a version there.
        budget: { connection: 'AzureWebJobsStorage', container: budgetContainer }
      },
      deleting
    )
)

var appSettings = {
  AzureWebJobsStorage__accountName: hostStorageName
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: appIdentity.clientId
  // Which of the identities DefaultAzureCredential takes: the one that may sign.
  AZURE_CLIENT_ID: appIdentity.clientId
  ARCHIVE_STORAGE__blobServiceUri: archiveBlobEndpoint
  ARCHIVE_STORAGE__clientId: appIdentity.clientId
  CUSTOM_VISION_ACCOUNTS: string(accounts)
  EVIDENCE_KEY: evidenceKey
  TASK_HUB_NAME: taskHubName
  EXPORT_SCHEDULE: exportSchedule
  RETENTION_SCHEDULE: retentionSchedule
  FORGET_SCHEDULE: forgetSchedule
  RECONCILE_SCHEDULE: reconcileSchedule
  PYTHON_THREADPOOL_THREAD_COUNT: '32'
  APPLICATIONINSIGHTS_CONNECTION_STRING: applicationInsightsConnectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${appIdentity.clientId};Authorization=AAD'
}

module plan 'br/public:avm/res/web/serverfarm:0.7.0' = {
  params: {
    name: 'plan-${token}'
    location: location
    tags: tags
    kind: 'functionapp'
    reserved: true
    skuName: 'FC1'
    skuCapacity: 0
    zoneRedundant: false
  }
}

module site 'br/public:avm/res/web/site:0.24.0' = {
  params: {
    name: siteName
    location: location
    // azd finds by it where the code goes.
    tags: union(tags, { 'azd-service-name': 'steward' })
    kind: 'functionapp,linux'
    serverFarmResourceId: plan.outputs.resourceId
    managedIdentities: {
      userAssignedResourceIds: concat(
        [appIdentity.resourceId, readerIdentity.resourceId],
        contributorIdentity == null ? [] : [contributorIdentity!.resourceId]
      )
    }
    functionAppConfig: {
      runtime: { name: 'python', version: '3.13' }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${hostBlobEndpoint}${deploymentContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: appIdentity.resourceId
          }
        }
      }
      scaleAndConcurrency: {
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: instanceMemoryMB
        alwaysReady: alwaysReadyDurable > 0 ? [{ name: 'durable', instanceCount: alwaysReadyDurable }] : []
      }
    }
    // Flex Consumption refuses alwaysOn, which the module would set.
    siteConfig: { minTlsVersion: '1.2' }
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    basicPublishingCredentialsPolicies: [
      { name: 'ftp', allow: false }
      { name: 'scm', allow: false }
    ]
    virtualNetworkSubnetResourceId: network.?appSubnet
  }
}

resource deployed 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

// Not by the module's `configs`: what is given to it stands in the history of deployments, secrets too. What is not here is no
// setting of the app.
resource siteSettings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: deployed
  name: 'appsettings'
  properties: union(appSettings, settings, secrets)
  dependsOn: [site]
}

output name string = site.outputs.name
output url string = 'https://${site.outputs.defaultHostname}'
