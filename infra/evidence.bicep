// The key that signs statements and certificates. It never leaves the vault; deleted, it is kept for 90 days and cannot be purged.

import { network as networkType } from 'types.bicep'

param token string
param location string
param tags object
param appPrincipalId string
param network networkType?

var keyVaultCryptoUser = '12338af0-0e69-4776-bea7-57ae8d297424' // Key Vault Crypto User
var keyName = 'evidence'

module vault 'br/public:avm/res/key-vault/vault:0.14.0' = {
  params: {
    name: 'kv-${token}'
    location: location
    tags: tags
    sku: 'standard'
    enableRbacAuthorization: true
    enablePurgeProtection: true
    softDeleteRetentionInDays: 90
    enableVaultForDeployment: false
    enableVaultForTemplateDeployment: false
    enableVaultForDiskEncryption: false
    keys: [
      {
        name: keyName
        kty: 'EC'
        curveName: 'P-256'
        keyOps: ['sign', 'verify']
        // On the key alone: the app reads no secret and no other key.
        roleAssignments: [
          {
            principalId: appPrincipalId
            principalType: 'ServicePrincipal'
            roleDefinitionIdOrName: keyVaultCryptoUser
          }
        ]
      }
    ]
    publicNetworkAccess: network == null ? 'Enabled' : 'Disabled'
    privateEndpoints: network == null ? [] : [
          {
            subnetResourceId: network!.endpointSubnet
            privateDnsZoneGroup: { privateDnsZoneGroupConfigs: [{ privateDnsZoneResourceId: network!.vaultZone }] }
          }
        ]
  }
}

// As securesystemslib has it: https://NAME.vault.azure.net/keys/KEY with another scheme.
output evidenceKey string = 'azurekms://${vault.outputs.name}.vault.azure.net/keys/${keyName}'
