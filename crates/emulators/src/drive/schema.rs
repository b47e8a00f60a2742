//! The names that a field mask may select, written in the mask language itself.

use super::fields::Mask;
use std::sync::LazyLock;

/// Everything a list answer can hold.
pub(crate) static FILE_LIST: LazyLock<Mask> =
    LazyLock::new(|| known(&format!("{LIST_FIELDS},files({FILE_FIELDS})")));

/// Everything a file can hold.
pub(crate) static FILE: LazyLock<Mask> = LazyLock::new(|| known(FILE_FIELDS));

fn known(text: &str) -> Mask {
    Mask::parse(text).expect("the tables below are masks; a test parses them")
}

const LIST_FIELDS: &str = "kind,incompleteSearch,nextPageToken";

/// The file resource of the v3 discovery document. `ANY_KEY` marks an object with free keys.
const FILE_FIELDS: &str = "\
kind,id,name,mimeType,description,starred,trashed,explicitlyTrashed,trashedTime,parents,spaces,version,\
webContentLink,webViewLink,iconLink,hasThumbnail,thumbnailLink,thumbnailVersion,viewedByMe,viewedByMeTime,\
createdTime,modifiedTime,modifiedByMe,modifiedByMeTime,sharedWithMeTime,shared,ownedByMe,driveId,teamDriveId,\
copyRequiresWriterPermission,viewersCanCopyContent,writersCanShare,inheritedPermissionsDisabled,\
hasAugmentedPermissions,permissionIds,folderColorRgb,originalFilename,fullFileExtension,fileExtension,\
md5Checksum,sha1Checksum,sha256Checksum,size,quotaBytesUsed,headRevisionId,isAppAuthorized,resourceKey,\
appProperties(ANY_KEY),properties(ANY_KEY),exportLinks(ANY_KEY),\
shortcutDetails(targetId,targetMimeType,targetResourceKey),\
linkShareMetadata(securityUpdateEligible,securityUpdateEnabled),\
imageMediaMetadata(aperture,cameraMake,cameraModel,colorSpace,exposureBias,exposureMode,exposureTime,flashUsed,\
focalLength,height,isoSpeed,lens,location(altitude,latitude,longitude),maxApertureValue,meteringMode,rotation,\
sensor,subjectDistance,time,whiteBalance,width),\
videoMediaMetadata(durationMillis,height,width),\
capabilities(canAcceptOwnership,canAccessViaGenAi,canAddChildren,canAddFolderFromAnotherDrive,\
canAddMyDriveParent,canChangeCopyRequiresWriterPermission,canChangeItemDownloadRestriction,\
canChangeSecurityUpdateEnabled,canChangeViewersCanCopyContent,canComment,canCopy,canDelete,canDeleteChildren,\
canDisableInheritedPermissions,canDownload,canEdit,canEnableInheritedPermissions,canListChildren,\
canModifyContent,canModifyContentRestriction,canModifyEditorContentRestriction,canModifyLabels,\
canModifyOwnerContentRestriction,canMoveChildrenOutOfDrive,canMoveChildrenOutOfTeamDrive,\
canMoveChildrenWithinDrive,canMoveChildrenWithinTeamDrive,canMoveItemIntoTeamDrive,canMoveItemOutOfDrive,\
canMoveItemOutOfTeamDrive,canMoveItemWithinDrive,canMoveItemWithinTeamDrive,canMoveTeamDriveItem,canReadDrive,\
canReadLabels,canReadRevisions,canReadTeamDrive,canRemoveChildren,canRemoveContentRestriction,\
canRemoveMyDriveParent,canRename,canShare,canStartApproval,canTrash,canTrashChildren,canUntrash),\
contentHints(indexableText,thumbnail(image,mimeType)),\
clientEncryptionDetails(decryptionMetadata(aes256GcmChunkSize,encryptionResourceKeyHash,jwt,kaclsId,kaclsName,\
keyFormat,wrappedKey),encryptionState),\
downloadRestrictions(effectiveDownloadRestrictionWithContext(restrictedForReaders,restrictedForWriters),\
itemDownloadRestriction(restrictedForReaders,restrictedForWriters)),\
labelInfo(labels(fields(ANY_KEY),id,kind,revisionId)),\
contentRestrictions(ownerRestricted,readOnly,reason,restrictingUser(displayName,emailAddress,kind,me,\
permissionId,photoLink),restrictionTime,systemRestricted,type),\
lastModifyingUser(displayName,emailAddress,kind,me,permissionId,photoLink),\
sharingUser(displayName,emailAddress,kind,me,permissionId,photoLink),\
trashingUser(displayName,emailAddress,kind,me,permissionId,photoLink),\
owners(displayName,emailAddress,kind,me,permissionId,photoLink),\
permissions(allowFileDiscovery,deleted,displayName,domain,emailAddress,expirationTime,id,\
inheritedPermissionsDisabled,kind,pendingOwner,permissionDetails(inherited,inheritedFrom,permissionType,role),\
photoLink,role,teamDrivePermissionDetails(inherited,inheritedFrom,role,teamDrivePermissionType),type,view)";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_parse_and_hold_the_fields_an_importer_asks_for() {
        for name in ["id", "size", "md5Checksum", "shortcutDetails", "capabilities", "imageMediaMetadata"] {
            assert!(FILE.wants(name), "{name}");
            assert!(FILE_LIST.within("files").wants(name), "{name}");
        }
        assert!(!FILE.wants("etag"), "v3 metadata has no etag");
    }
}
