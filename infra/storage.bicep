// Two storage accounts, without keys: one of the host (its task hub, the tickets' queue, the deployed code, and the blob that
// shares out the calls, which is written up to ten times a second), and the archive, of which somebody may want versions.

import { network as networkType } from 'types.bicep'

param token string
param location string
param tags object
param appPrincipalId string
param network networkType?
param archiveSku string
param archiveSoftDeleteDays int
param archiveVersioning bool
param archiveVersionDays int
param archiveInformationRole bool

// Built-in roles [Azure built-in roles, "Storage"]. The first three are what the Functions host and Durable Functions ask for.
var storageBlobDataOwner = 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // Storage Blob Data Owner
var storageQueueDataContributor = '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // Storage Queue Data Contributor
var storageTableDataContributor = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // Storage Table Data Contributor
var storageBlobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe' // Storage Blob Data Contributor
var storageBlobDelegator = 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a' // Storage Blob Delegator

var archiveContainerName = 'archive'
var budgetContainerName = 'budget'
var deploymentContainerName = 'deployment'

// By which an erasure sees whether listings of the archive show deleted blobs (Get Account Information). No built-in role of
// data has it.
resource archiveInformation 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (archiveInformationRole) {
  name: guid(resourceGroup().id, 'archive information')
  properties: {
    roleName: 'Custom Vision Steward archive information ${token}'
    description: 'See of what kind a storage account is.'
    type: 'CustomRole'
    permissions: [{ actions: ['Microsoft.Storage/storageAccounts/blobServices/getInfo/action'] }]
    assignableScopes: [resourceGroup().id]
  }
}

module host 'br/public:avm/res/storage/storage-account:0.33.0' = {
  params: {
    name: 'sthost${token}'
    location: location
    tags: tags
    skuName: 'Standard_LRS'
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    defaultToOAuthAuthentication: true
    blobServices: {
      isVersioningEnabled: false
      deleteRetentionPolicyEnabled: false
      containerDeleteRetentionPolicyEnabled: false
      containers: [{ name: deploymentContainerName }, { name: budgetContainerName }]
    }
    queueServices: { queues: [{ name: 'privacy-requests' }] }
    roleAssignments: [
      {
        principalId: appPrincipalId
        principalType: 'ServicePrincipal'
        roleDefinitionIdOrName: storageBlobDataOwner
      }
      {
        principalId: appPrincipalId
        principalType: 'ServicePrincipal'
        roleDefinitionIdOrName: storageQueueDataContributor
      }
      {
        principalId: appPrincipalId
        principalType: 'ServicePrincipal'
        roleDefinitionIdOrName: storageTableDataContributor
      }
    ]
    publicNetworkAccess: network == null ? 'Enabled' : 'Disabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: network == null ? 'Allow' : 'Deny' }
    privateEndpoints: network == null ? [] : [
          {
            service: 'blob'
            subnetResourceId: network!.endpointSubnet
            privateDnsZoneGroup: { privateDnsZoneGroupConfigs: [{ privateDnsZoneResourceId: network!.blobZone }] }
          }
          {
            service: 'queue'
            subnetResourceId: network!.endpointSubnet
            privateDnsZoneGroup: { privateDnsZoneGroupConfigs: [{ privateDnsZoneResourceId: network!.queueZone }] }
          }
          {
            service: 'table'
            subnetResourceId: network!.endpointSubnet
            privateDnsZoneGroup: { privateDnsZoneGroupConfigs: [{ privateDnsZoneResourceId: network!.tableZone }] }
          }
        ]
  }
}

var archiveDelegation = [
  {
    principalId: appPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionIdOrName: storageBlobDelegator
  }
]

module archive 'br/public:avm/res/storage/storage-account:0.33.0' = {
  params: {
    name: 'starchive${token}'
    location: location
    tags: tags
    skuName: archiveSku
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    defaultToOAuthAuthentication: true
    blobServices: union(
      {
        isVersioningEnabled: archiveVersioning
        deleteRetentionPolicyEnabled: archiveSoftDeleteDays > 0
        containerDeleteRetentionPolicyEnabled: true
        containerDeleteRetentionPolicyDays: 7
        containers: [
          {
            name: archiveContainerName
            // On the container alone: bags, ledgers, holds and turns are in no other.
            roleAssignments: [
              {
                principalId: appPrincipalId
                principalType: 'ServicePrincipal'
                roleDefinitionIdOrName: storageBlobDataContributor
              }
            ]
          }
        ]
      },
      archiveSoftDeleteDays > 0 ? { deleteRetentionPolicyDays: archiveSoftDeleteDays } : {},
      archiveVersioning ? { versionDeletePolicyDays: archiveVersionDays } : {}
    )
    roleAssignments: archiveInformationRole ? concat(archiveDelegation, [
          {
            principalId: appPrincipalId
            principalType: 'ServicePrincipal'
            roleDefinitionIdOrName: archiveInformation.id
          }
        ]) : archiveDelegation
    publicNetworkAccess: network == null ? 'Enabled' : 'Disabled'
    networkAcls: { bypass: 'AzureServices', defaultAction: network == null ? 'Allow' : 'Deny' }
    privateEndpoints: network == null ? [] : [
          {
            service: 'blob'
            subnetResourceId: network!.endpointSubnet
            privateDnsZoneGroup: { privateDnsZoneGroupConfigs: [{ privateDnsZoneResourceId: network!.blobZone }] }
          }
        ]
  }
}

output hostName string = host.outputs.name
output hostBlobEndpoint string = host.outputs.primaryBlobEndpoint
output archiveBlobEndpoint string = archive.outputs.primaryBlobEndpoint
output archiveContainer string = archiveContainerName
output budgetContainer string = budgetContainerName
output deploymentContainer string = deploymentContainerName
