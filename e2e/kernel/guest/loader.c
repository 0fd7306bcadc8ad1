/*
 * Stands in for the firmware of a confidential guest: a UEFI application that puts a secret area into reserved pages,
 * tells the kernel of it by the configuration table LINUX_EFI_COCO_SECRET_AREA_GUID { u64 base_pa; u64 size; }, and
 * starts \bzImage from its own volume.
 *
 * The area's bytes (opt/vestige/area) and the kernel's command line (opt/vestige/cmdline) come over fw_cfg, byte by byte
 * from the port into their place: a file read by the firmware would leave copies of the secrets in its caches. Without
 * the first there is no area and no table. What it did goes to the debug port 0xe9, one 'loader: ...' line each.
 */
#include <efi.h>
#include <efilib.h>

#define DEBUG_PORT 0xe9
#define FW_CFG_SELECTOR 0x510
#define FW_CFG_DATA 0x511
#define FW_CFG_DIRECTORY 0x19
#define AREA_SIZE 8192
#define CALL uefi_call_wrapper

static EFI_GUID area_table = {
	0xadf956ad, 0xe98c, 0x484c, {0xae, 0x11, 0xb5, 0x1c, 0x7d, 0x33, 0x64, 0x47}
};

static void outb(UINT16 port, UINT8 value)
{
	__asm__ volatile("outb %0, %1" :: "a"(value), "Nd"(port));
}

static UINT8 inb(UINT16 port)
{
	UINT8 value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static void select_item(UINT16 key)
{
	__asm__ volatile("outw %0, %1" :: "a"(key), "Nd"((UINT16)FW_CFG_SELECTOR));
}

static void say(const char *text)
{
	while (*text)
		outb(DEBUG_PORT, (UINT8)*text++);
}

static void say_value(const char *what, UINT64 value)
{
	say(what);
	say("=0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		outb(DEBUG_PORT, "0123456789abcdef"[(value >> shift) & 15]);
	say("\n");
}

static EFI_STATUS check(const char *what, EFI_STATUS status)
{
	if (EFI_ERROR(status)) {
		say("loader: failed: ");
		say_value(what, status);
	}
	return status;
}

static UINT32 read_be32(void)
{
	UINT32 value = 0;
	for (int i = 0; i < 4; i++)
		value = value << 8 | inb(FW_CFG_DATA);
	return value;
}

/* Selects an item, so that its bytes come from the data port; its size, or -1 where there is none. */
static INT64 find_item(const char *name)
{
	select_item(FW_CFG_DIRECTORY);
	for (UINT32 count = read_be32(); count; count--) {
		UINT32 size = read_be32();
		UINT8 entry[60];  /* be16 key, 2 reserved, name */
		for (UINTN i = 0; i < sizeof(entry); i++)
			entry[i] = inb(FW_CFG_DATA);
		UINTN i = 0;
		while (name[i] && (char)entry[4 + i] == name[i])
			i++;
		if (name[i] || entry[4 + i])
			continue;
		select_item((UINT16)entry[0] << 8 | entry[1]);
		return size;
	}
	return -1;
}

static EFI_STATUS make_area(void)
{
	struct { UINT64 base_pa, size; } *table;
	EFI_PHYSICAL_ADDRESS base;
	EFI_STATUS status;
	INT64 length = find_item("opt/vestige/area");

	if (length < 0)
		return EFI_SUCCESS;
	if (length > AREA_SIZE)
		return check("length of the area", EFI_BUFFER_TOO_SMALL);
	status = CALL(BS->AllocatePages, 4, AllocateAnyPages, EfiReservedMemoryType, AREA_SIZE / 4096, &base);
	if (check("AllocatePages", status))
		return status;
	SetMem((void *)(UINTN)base, AREA_SIZE, 0);
	for (UINT8 *to = (UINT8 *)(UINTN)base; length; length--)
		*to++ = inb(FW_CFG_DATA);
	status = CALL(BS->AllocatePool, 3, EfiRuntimeServicesData, sizeof(*table), (void **)&table);
	if (check("AllocatePool", status))
		return status;
	table->base_pa = base;
	table->size = AREA_SIZE;
	say_value("loader: area", base);
	say_value("loader: size", AREA_SIZE);
	return check("InstallConfigurationTable", CALL(BS->InstallConfigurationTable, 2, &area_table, table));
}

static EFI_STATUS start_kernel(EFI_HANDLE self, EFI_HANDLE volume)
{
	EFI_LOADED_IMAGE *image;
	EFI_HANDLE kernel;
	EFI_STATUS status = CALL(BS->LoadImage, 6, FALSE, self, FileDevicePath(volume, L"\\bzImage"), NULL, 0, &kernel);

	if (check("LoadImage", status))
		return status;
	status = CALL(BS->HandleProtocol, 3, kernel, &LoadedImageProtocol, (void **)&image);
	if (check("HandleProtocol", status))
		return status;
	INT64 length = find_item("opt/vestige/cmdline");
	CHAR16 *options = AllocateZeroPool((length + 1) * sizeof(CHAR16));
	for (INT64 i = 0; i < length; i++)
		options[i] = inb(FW_CFG_DATA);
	image->LoadOptions = options;
	image->LoadOptionsSize = (length + 1) * sizeof(CHAR16);
	say("loader: starting the kernel\n");
	return check("StartImage came back", CALL(BS->StartImage, 3, kernel, NULL, NULL));
}

EFI_STATUS efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system)
{
	EFI_LOADED_IMAGE *me;

	InitializeLib(self, system);
	CALL(BS->SetWatchdogTimer, 4, 0, 0, 0, NULL);
	EFI_STATUS status = CALL(BS->HandleProtocol, 3, self, &LoadedImageProtocol, (void **)&me);
	if (!check("HandleProtocol", status))
		status = make_area();
	return EFI_ERROR(status) ? status : start_kernel(self, me->DeviceHandle);
}
