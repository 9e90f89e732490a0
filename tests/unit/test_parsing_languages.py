"""Each language's way to write a postmortem: sections with work and without, labels, columns, times."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tracker.model import ParsedItem
from tracker.parsing import parse, vocabulary

Expected = list[tuple[str, str | None, str | None, bool]]  # text, owner, due day, done


@dataclass(frozen=True)
class Sample:
    """Two documents in one language: `plain` lists the work, `table` tracks it. The other names hold no work.

    `people`, `do` and `none` are what the labels, columns and values are called there.
    """

    story: str  # prose with the commonest words
    response: str
    action: str
    labels: tuple[str, str]  # owner, due
    bullets: tuple[str, str]
    again: str  # another name of an action section
    columns: tuple[str, str, str, str]  # item, owner, due, status
    said: tuple[str, str, str]  # done, open, nobody
    lessons: str


def document(s: Sample) -> str:
    owner, due = s.labels
    return (
        f"# INC-7\n\n{s.story}\n\n## {s.response}\n\n- 10:00 restart api\n- restart db\n\n## {s.lessons}\n\n- pager\n\n"
        f"## {s.action}\n\n- {s.bullets[0]} ({owner}: Anna, {due}: 2026-05-01)\n- [x] {s.bullets[1]}\n"
    )


def table(s: Sample) -> str:
    done, open_, nobody = s.said
    return (
        f"# INC-8\n\n{s.story}\n\n## {s.again}\n\n| {' | '.join(s.columns)} |\n|---|---|---|---|\n"
        f"| {s.bullets[0]} | Anna | 2026-05-01 | {done} |\n| {s.bullets[1]} | {nobody} | {nobody} | {open_} |\n\n"
        f"## {s.lessons}\n\n- pager\n\n## {s.response}\n\n- 10:00 restart db\n"
    )


def found(text: str) -> Expected:
    def seen(item: ParsedItem) -> tuple[str, str | None, str | None, bool]:
        return item.text, item.owner, item.due_date.isoformat() if item.due_date else None, bool(item.done)

    return [seen(item) for item in parse("p.md", text).items]


SAMPLES = {
    "it": Sample(
        "Il servizio non è stato raggiungibile per una ora, che con il riavvio del nodo sono tornati.",
        "Azioni intraprese",
        "Azioni correttive",
        ("Responsabile", "Scadenza"),
        ("Aggiungere un allarme sul disco", "Aggiornare il runbook"),
        "Prossimi passi",
        ("Azione", "Responsabile", "Entro quando", "Stato"),
        ("Completata", "In corso", "Da definire"),
        "Cosa è andato bene",
    ),
    "nl": Sample(
        "De dienst was niet bereikbaar en het werd een uur later met een herstart van de node voor iedereen opgelost.",
        "Genomen maatregelen",
        "Actiepunten",
        ("Verantwoordelijke", "Uiterlijk"),
        ("Alarm op de schijf instellen", "Runbook bijwerken"),
        "Lessen en acties",
        ("Actie", "Eigenaar", "Deadline", "Status"),
        ("Afgerond", "Nog niet gestart", "Onbekend"),
        "Wat ging goed",
    ),
    "ru": Sample(
        "Сервис был недоступен, и не работал с утра, что было видно из логов и на графиках для всех.",
        "Принятые меры",
        "Меры по предотвращению",
        ("Ответственный", "Срок"),
        ("Добавить алерт на заполнение диска", "Обновление документации"),
        "План действий",
        ("Задача", "Исполнитель", "Срок исполнения", "Статус"),
        ("Выполнено", "В работе", "Не назначен"),
        "Что прошло хорошо",
    ),
    "uk": Sample(
        "Сервіс був недоступний, і це не було видно в логах та на графіках для всіх до ранку.",
        "Вжиті заходи",
        "Запобіжні заходи",
        ("Відповідальний", "Термін"),
        ("Додати сповіщення про заповнення диска", "Оновлення документації"),
        "Наступні кроки",
        ("Завдання", "Виконавець", "Термін виконання", "Статус"),
        ("Зроблено", "У процесі", "Не призначено"),
        "Де нам пощастило",
    ),
    "pl": Sample(
        "Usługa nie była dostępna przez godzinę, że się z tego na dysku dla wszystkich do końca w pełni nie wróciła.",
        "Podjęte działania",
        "Działania naprawcze",
        ("Odpowiedzialny", "Termin"),
        ("Dodać alert na zapełnienie dysku", "Aktualizacja dokumentacji"),
        "Wnioski i działania",
        ("Zadanie", "Osoba odpowiedzialna", "Termin realizacji", "Status"),
        ("Zrobione", "W trakcie", "Brak"),
        "Co poszło dobrze",
    ),
    "cs": Sample(
        "Služba byla nedostupná, že se na disku zaplnilo místo, které jsme při provozu pro zákazníky neviděli, byl je.",
        "Provedená opatření",
        "Nápravná opatření",
        ("Odpovědný", "Termín"),
        ("Přidat alert na zaplnění disku", "Aktualizace dokumentace"),
        "Příčina a opatření",
        ("Úkol", "Vlastník", "Do kdy", "Stav"),
        ("Hotovo", "V řešení", "Nepřiřazeno"),
        "Co se povedlo",
    ),
    "ko": Sample(
        "디스크 부족으로 인해 서비스가 중단되었고 알림 없이 1시간 후 복구를 위해 재시작했으며 이후 정상 및 안정",
        "대응 과정",
        "재발 방지 대책",
        ("담당자", "기한"),
        ("디스크 사용량 알림 추가", "런북 최신화 진행"),
        "향후 조치 사항",
        ("조치 내용", "담당", "완료 예정일", "상태"),
        ("완료", "진행 중", "미정"),
        "잘한 점",
    ),
    "sv": Sample(
        "Tjänsten var nere och det berodde på att disken blev full, som vi inte såg, för en stund till slut av det är.",
        "Vidtagna åtgärder",
        "Åtgärder",
        ("Ansvarig", "Klart senast"),
        ("Lägg till larm för full disk", "Uppdatera runbook för databasen"),
        "Nästa steg",
        ("Åtgärd", "Ägare", "Förfallodatum", "Status"),
        ("Klart", "Pågår", "Ej tilldelad"),
        "Lärdomar",
    ),
    "no": Sample(
        "Tjenesten var nede og det ble klart at disken var full, som vi ikke så på, av den er til å fra.",
        "Utførte tiltak",
        "Forebyggende tiltak",
        ("Ansvarlig", "Frist"),
        ("Legg til varsel for full disk", "Oppdatere runbook for databasen"),
        "Oppfølging",
        ("Tiltak", "Eier", "Frist", "Status"),
        ("Fullført", "Pågår", "Ikke tildelt"),
        "Hva gikk bra",
    ),
    "da": Sample(
        "Tjenesten var nede og det blev klart at disken var fuld, som vi ikke så på, af den er til fra.",
        "Udførte handlinger",
        "Opfølgning",
        ("Ansvarlig", "Frist"),
        ("Tilføj alarm for fuld disk", "Opdater runbook for databasen"),
        "Forebyggende tiltag",
        ("Opgave", "Ejer", "Deadline", "Status"),
        ("Udført", "I gang", "Ukendt"),
        "Hvad gik godt",
    ),
    "fi": Sample(
        "Palvelu oli alhaalla ja levy oli täynnä, mutta se ei näkynyt, kun myös hälytys tai muu joka on, että ovat.",
        "Tehdyt toimenpiteet",
        "Jatkotoimenpiteet",
        ("Vastuuhenkilö", "Määräaika"),
        ("Lisätään hälytys levytilasta", "Päivitä ohjekirja"),
        "Korjaavat toimenpiteet",
        ("Toimenpide", "Vastuuhenkilö", "Määräaika", "Tila"),
        ("Valmis", "Kesken", "Avoin"),
        "Mikä meni hyvin",
    ),
    "tr": Sample(
        "Servis bir saat boyunca erişilemez oldu ve bu disk dolduğu için olarak gibi sonra daha da ile düzeldi.",
        "Alınan aksiyonlar",
        "Alınacak aksiyonlar",
        ("Sorumlu", "Son tarih"),
        ("Disk doluluğu için alarm eklenmesi", "Runbook güncellenecek"),
        "YAPILACAKLAR",
        ("Aksiyon", "Sahibi", "Hedef tarih", "Durum"),
        ("Tamamlandı", "Devam ediyor", "Belirlenecek"),
        "Neler iyi gitti",
    ),
    "id": Sample(
        "Layanan tidak dapat diakses karena disk penuh dan alarm yang ada di sistem ini untuk tim dengan pada dari ke.",
        "Tindakan yang diambil",
        "Tindak lanjut",
        ("Penanggung jawab", "Tenggat"),
        ("Menambahkan alarm untuk disk", "Perbarui runbook basis data"),
        "Rencana perbaikan",
        ("Tindakan", "PIC", "Target selesai", "Status"),
        ("Selesai", "Belum dimulai", "Belum ditentukan"),
        "Pelajaran yang dipetik",
    ),
    "vi": Sample(
        "Dịch vụ không truy cập được và ổ đĩa đã đầy, có cảnh báo của hệ thống là để cho các đội trong ca với.",
        "Các hành động đã thực hiện",
        "Hành động khắc phục",
        ("Người phụ trách", "Thời hạn"),
        ("Thêm cảnh báo đầy ổ đĩa", "Cập nhật tài liệu vận hành"),
        "Việc cần làm",
        ("Công việc", "Phụ trách", "Hạn", "Trạng thái"),
        ("Đã xong", "Đang thực hiện", "Chưa phân công"),
        "Bài học kinh nghiệm",
    ),
    "ca": Sample(
        "El servei va caure i els usuaris que hi accedien amb les claus del node, és per una hora dels aquest.",
        "Accions preses",
        "Accions correctives",
        ("Responsable", "Data límit"),
        ("Afegir una alerta de disc", "Actualització del manual"),
        "Propers passos",
        ("Acció", "Responsable", "Termini", "Estat"),
        ("Fet", "En curs", "Per assignar"),
        "Lliçons apreses",
    ),
    "ro": Sample(
        "Serviciul nu a fost disponibil și în mai multe zone cu disc plin, pentru care din păcate este că pe nimeni.",
        "Măsuri luate",
        "Acțiuni corective",
        ("Responsabil", "Termen"),
        ("Adăugarea unei alerte pentru disc", "Actualizare runbook bază de date"),
        "Următorii pași",
        ("Acțiune", "Responsabil", "Termen limită", "Stare"),
        ("Finalizat", "În lucru", "Nealocat"),
        "Lecții învățate",
    ),
    "hu": Sample(
        "Az alkalmazás nem volt elérhető, és csak egy óra után derült ki, hogy már miatt ezért meg kell.",
        "Megtett intézkedések",
        "Teendők",
        ("Felelős", "Határidő"),
        ("Riasztás beállítása a lemezre", "A dokumentáció frissítése"),
        "Következő lépések",
        ("Feladat", "Felelős", "Határidő", "Állapot"),
        ("Kész", "Folyamatban", "Nincs"),
        "Mi ment jól",
    ),
    "el": Sample(
        "Η υπηρεσία δεν ήταν διαθέσιμη για μία ώρα και το πρόβλημα της βάσης από που με να στο του η.",
        "Ενέργειες που έγιναν",
        "Διορθωτικές ενέργειες",
        ("Υπεύθυνος", "Προθεσμία"),
        ("Προσθήκη ειδοποίησης για τον δίσκο", "Ενημέρωση των οδηγιών"),
        "Επόμενα βήματα",
        ("Ενέργεια", "Υπεύθυνος", "Προθεσμία", "Κατάσταση"),
        ("Ολοκληρώθηκε", "Σε εξέλιξη", "Άγνωστο"),
        "Τι πήγε καλά",
    ),
    "ar": Sample(
        "توقفت الخدمة في الصباح من القرص على الخادم إلى أن تم التشغيل مع هذا الفريق التي لم عن كان",
        "الإجراءات المتخذة",
        "الإجراءات التصحيحية",
        ("المسؤول", "الموعد النهائي"),
        ("إضافة تنبيه لامتلاء القرص", "تحديث دليل التشغيل"),
        "الخطوات التالية",
        ("الإجراء", "المسؤول", "الموعد", "الحالة"),
        ("مكتمل", "قيد التنفيذ", "غير محدد"),
        "الدروس المستفادة",
    ),
    "hi": Sample(
        "डिस्क के भरने से सेवा में रुकावट हुई और टीम को पर नहीं था की है का लिए",
        "की गई कार्रवाई",
        "सुधारात्मक कार्रवाई",
        ("जिम्मेदार", "समय सीमा"),
        ("डिस्क के लिए अलर्ट जोड़ना", "रनबुक अपडेट करें"),
        "अगले कदम",
        ("कार्य", "जिम्मेदार", "नियत तिथि", "स्थिति"),
        ("पूर्ण", "लंबित", "तय नहीं"),
        "सीखे गए सबक",
    ),
    "zh-Hant": Sample(
        "磁碟已滿導致服務中斷。",
        "處理過程",
        "改善措施",
        ("負責人", "截止日"),
        ("新增磁碟用量告警", "更新維運手冊"),
        "後續追蹤",
        ("行動項目", "負責人", "預計完成日", "狀態"),
        ("已解決", "進行中", "待指派"),
        "經驗教訓",
    ),
    "es": Sample(
        "El servicio con los discos llenos se cayó por una hora para las personas que entraban del centro y más.",
        "Acciones tomadas",
        "Acciones de mejora",
        ("Encargado", "Fecha estimada"),
        ("Agregar una alerta de disco", "Actualizar el manual"),
        "Como evitar que vuelva a ocurrir",
        ("Actividad", "Encargados", "Fecha prevista", "Avance"),
        ("Solucionado", "Sin empezar", "Sin responsable"),
        "Puntos positivos",
    ),
    "pt": Sample(
        "O serviço caiu por uma hora para os clientes, que não se foi com o disco da zona do norte.",
        "O que fizemos",
        "Ações de prevenção",
        ("Responsável", "Data de entrega"),
        ("Adicionar um alerta de disco", "Atualizar o manual"),
        "Como vamos evitar",
        ("Atividade", "Equipe responsável", "Data prevista", "Andamento"),
        ("Já feito", "Em aberto", "Ninguém"),
        "O que falhou",
    ),
    "fr": Sample(
        "Le service est tombé pour une heure par les disques pleins, que des nœuds avec du retard et dans le réseau.",
        "Actions menées",
        "Actions à entreprendre",
        ("Porteur", "Échéance"),
        ("Ajouter une alerte sur le disque", "Mise à jour du manuel"),
        "Comment éviter que cela se reproduise",
        ("Sujet", "Affecté à", "Date butoir", "Avancement"),
        ("Mis en production", "À planifier", "Non attribué"),
        "Points positifs",
    ),
    "de": Sample(
        "Der Dienst ist für eine Stunde ausgefallen und die Platte wurde mit den Logs auf das Volume nicht verlegt.",
        "Eingeleitete Maßnahmen",
        "Abgeleitete Maßnahmen",
        ("Verantwortlich", "Umsetzung bis"),
        ("Alarm für volle Platten einrichten", "Runbook aktualisieren"),
        "Wie verhindern wir das in Zukunft",
        ("Empfehlung", "Zugewiesen an", "Zieltermin", "Umsetzungsstand"),
        ("Bereits umgesetzt", "In Klärung", "Noch offen"),
        "Was lief gut",
    ),
    "ja": Sample(
        "ディスクが満杯になりました。",
        "初動対応",
        "再発防止に向けて",
        ("担当者", "対応期限"),
        ("ディスク使用率のアラートを追加する", "手順書の更新"),
        "今後の取り組み",
        ("対策内容", "主担当", "実施予定日", "対応状況"),
        ("対応済み", "検討中", "未割当"),
        "反省点",
    ),
    "ms": Sample(
        "Servis tidak dicapai kerana cakera telah penuh dan amaran yang dihantar oleh sistem masih dalam giliran.",
        "Tindakan yang diambil",
        "Tindakan susulan",
        ("Penanggungjawab", "Tarikh akhir"),
        ("Tambah amaran untuk cakera", "Kemas kini buku panduan"),
        "Langkah pencegahan",
        ("Tindakan", "Pemilik", "Tarikh sasaran", "Status"),
        ("Siap", "Dalam proses", "Belum ditentukan"),
        "Pengajaran yang dipelajari",
    ),
    "th": Sample(
        "ระบบใช้งานไม่ได้เป็นเวลาหนึ่งชั่วโมงเพราะดิสก์เต็ม",
        "การดำเนินการที่ได้ทำไปแล้ว",
        "แผนการป้องกัน",
        ("ผู้รับผิดชอบ", "กำหนดเสร็จ"),
        ("เพิ่มการแจ้งเตือนดิสก์", "ปรับปรุงคู่มือ"),
        "ขั้นตอนถัดไป",
        ("สิ่งที่ต้องทำ", "ผู้รับผิดชอบ", "กำหนดเสร็จ", "สถานะ"),
        ("เสร็จแล้ว", "กำลังดำเนินการ", "ยังไม่กำหนด"),
        "บทเรียนที่ได้รับ",
    ),
    "sk": Sample(
        "Služba nebola dostupná a disk sa zaplnil, pre používateľov to bolo hodinu a na ktorý sme pri tom neboli ale.",
        "Vykonané opatrenia",
        "Nápravné opatrenia",
        ("Zodpovedný", "Termín"),
        ("Pridať alert na disk", "Aktualizácia príručky"),
        "Ďalšie kroky",
        ("Úloha", "Zodpovedná osoba", "Termín", "Stav"),
        ("Hotovo", "Prebieha", "Nepriradené"),
        "Čo sme sa naučili",
    ),
    "hr": Sample(
        "Servis nije bio dostupan i disk se napunio, što smo vidjeli na nadzoru za koji nije bilo kako da su poruke.",
        "Poduzete mjere",
        "Korektivne mjere",
        ("Odgovorna osoba", "Rok"),
        ("Dodati alarm za disk", "Ažuriranje priručnika"),
        "Sljedeći koraci",
        ("Mjera", "Zadužen", "Rok", "Status"),
        ("Završeno", "U tijeku", "Nije određeno"),
        "Naučene lekcije",
    ),
    "sr": Sample(
        "Сервис није био доступан и диск се напунио, што смо видели на надзору за који није било како да су поруке.",
        "Предузете мере",
        "Корективне мере",
        ("Одговорна особа", "Рок"),
        ("Додати аларм за диск", "Ажурирање упутства"),
        "Следећи кораци",
        ("Мера", "Задужен", "Рок", "Статус"),
        ("Завршено", "У току", "Није одређено"),
        "Научене лекције",
    ),
    "bg": Sample(
        "Услугата не беше достъпна и дискът се напълни, това при което за час не се разбра че на графиките го има.",
        "Предприети действия",
        "Коригиращи мерки",
        ("Отговорник", "Краен срок"),
        ("Добавяне на аларма за диска", "Актуализиране на наръчника"),
        "Следващи стъпки",
        ("Действие", "Отговорник", "Срок", "Статус"),
        ("Готово", "В процес", "Неопределено"),
        "Научени уроци",
    ),
    "sl": Sample(
        "Storitev ni bila dosegljiva in disk se je napolnil, kar so za uro na nadzoru pri ki smo da bilo.",
        "Izvedeni ukrepi",
        "Korektivni ukrepi",
        ("Odgovorna oseba", "Rok"),
        ("Dodati alarm za disk", "Posodobitev priročnika"),
        "Naslednji koraki",
        ("Ukrep", "Odgovoren", "Rok izvedbe", "Stanje"),
        ("Opravljeno", "V teku", "Ni določeno"),
        "Česa smo se naučili",
    ),
    "fa": Sample(
        "سرویس در این ساعت از دسترس خارج شد و دیسک پر بود که برای آن هشدار به تیم با تاخیر را بود است.",
        "اقدامات انجام‌شده",
        "اقدامات اصلاحی",
        ("مسئول", "مهلت"),
        ("افزودن هشدار برای دیسک", "به‌روزرسانی راهنما"),
        "گام‌های بعدی",
        ("اقدام", "مسئول", "مهلت", "وضعیت"),
        ("انجام شد", "در حال انجام", "نامشخص"),
        "درس‌های آموخته",
    ),
    "he": Sample(
        "השירות לא היה זמין כי הדיסק התמלא, וגם ההתראה של הצוות על זה לא היה את עם הוא אנחנו.",
        "פעולות שננקטו",
        "פעולות מתקנות",
        ("אחראי", "תאריך יעד"),
        ("הוספת התראה על הדיסק", "עדכון המדריך"),
        "הצעדים הבאים",
        ("משימה", "אחראי", "תאריך יעד", "סטטוס"),
        ("בוצע", "בתהליך", "טרם נקבע"),
        "הפקת לקחים",
    ),
    "bn": Sample(
        "একটি ডিস্ক ভরে যাওয়ায় সার্ভিস বন্ধ ছিল এবং এই সময় থেকে সতর্কতা করা হয় না জন্য।",
        "গৃহীত পদক্ষেপ",
        "সংশোধনমূলক ব্যবস্থা",
        ("দায়িত্বপ্রাপ্ত", "সময়সীমা"),
        ("ডিস্কের জন্য সতর্কতা যোগ করা", "নির্দেশিকা হালনাগাদ করা"),
        "পরবর্তী পদক্ষেপ",
        ("কাজ", "দায়িত্বপ্রাপ্ত", "শেষ তারিখ", "অবস্থা"),
        ("সম্পন্ন", "চলমান", "নির্ধারিত নয়"),
        "শিক্ষা",
    ),
}


@pytest.mark.parametrize("language", SAMPLES)
def test_a_list_of_work(language: str) -> None:
    sample = SAMPLES[language]
    assert found(document(sample)) == [
        (sample.bullets[0], "Anna", "2026-05-01", False),
        (sample.bullets[1], None, None, True),
    ]


@pytest.mark.parametrize("language", SAMPLES)
def test_a_table_of_work(language: str) -> None:
    sample = SAMPLES[language]
    assert found(table(sample)) == [
        (sample.bullets[0], "Anna", "2026-05-01", True),
        (sample.bullets[1], None, None, False),
    ]


@pytest.mark.parametrize("language", [code for code in SAMPLES if code not in ("ja", "zh-Hant", "th")])
def test_a_language_is_known_by_its_commonest_words(language: str) -> None:
    assert vocabulary.load().language(SAMPLES[language].story) == language


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("it", "Dobbiamo aggiungere un allarme sul disco."),
        ("nl", "We gaan een alarm op de schijf instellen."),
        ("ru", "Мы добавим алерт на заполнение диска."),
        ("uk", "Потрібно налаштувати сповіщення про диск."),
        ("pl", "Należy dodać alert na zapełnienie dysku."),
        ("cs", "Je potřeba doplnit alert na disk."),
        ("ko", "디스크 알림을 추가할 예정입니다."),
        ("sv", "Vi ska lägga till ett larm för disken."),
        ("no", "Vi skal legge til et varsel for disken."),
        ("da", "Vi vil tilføje en alarm for disken."),
        ("fi", "Aiomme lisätä hälytyksen levytilasta."),
        ("tr", "Disk için yeni bir alarm ekleyeceğiz."),
        ("id", "Kami akan menambahkan alarm untuk disk."),
        ("vi", "Chúng tôi sẽ thêm cảnh báo đầy ổ đĩa."),
        ("ca", "Caldria afegir una alerta de disc."),
        ("ro", "Trebuie adăugată o alertă pentru disc."),
        ("hu", "Be fogunk állítani egy új riasztást."),
        ("el", "Θα προσθέσουμε ειδοποίηση για τον δίσκο."),
        ("ar", "سنقوم بإضافة تنبيه لامتلاء القرص."),
        ("hi", "हम डिस्क के लिए अलर्ट जोड़ेंगे।"),
        ("ms", "Kami akan menambah amaran untuk cakera."),
        ("sk", "Je potrebné doplniť alert na disk."),
        ("hr", "Potrebno je dodati alarm za disk."),
        ("sr", "Потребно је додати аларм за диск."),
        ("bg", "Ще добавим аларма за диска."),
        ("sl", "Dodali bomo alarm za disk."),
        ("fa", "باید برای دیسک هشدار اضافه شود."),
        ("th", "เพิ่มการแจ้งเตือนเมื่อดิสก์ใกล้เต็ม"),
    ],
)
def test_prose_states_work(language: str, sentence: str) -> None:
    sample = SAMPLES[language]
    assert [text for text, *_ in found(f"# INC-9\n\n{sample.story}\n\n## {sample.action}\n\n{sentence}\n")] == [
        sentence
    ]


@pytest.mark.parametrize(
    ("language", "bullet", "done"),
    [
        ("ru", "Настроены алерты на диск", True),
        ("ru", "Настроить алерты на диск", False),
        ("uk", "Додано сповіщення про диск", True),
        ("pl", "Dodano alert na zapełnienie dysku", True),
        ("pl", "Dodanie alertu na zapełnienie dysku", False),
        ("cs", "Přidán alert na zaplnění disku", True),
        ("nl", "Alarm op de schijf toegevoegd", True),
        ("nl", "Alarm op de schijf nog niet toegevoegd", False),
        ("de", "Alarm für volle Platten eingerichtet", True),
        ("de", "Alarm muss noch eingerichtet werden", False),
        ("it", "Aggiunto un allarme sul disco", True),
        ("it", "Aggiunta di un allarme sul disco", False),
        ("fi", "Lisätty hälytys levytilasta", True),
        ("fi", "Ohjeet päivitetty", True),
        ("tr", "Disk için alarm eklendi", True),
        ("hu", "Riasztás beállítva a lemezre, dokumentálva", True),
        ("el", "Προστέθηκε ειδοποίηση για τον δίσκο", True),
        ("vi", "Đã thêm cảnh báo đầy ổ đĩa", True),
        ("ar", "تم إضافة تنبيه لامتلاء القرص", True),
        ("hi", "डिस्क के लिए अलर्ट जोड़ा गया", True),
        ("ko", "디스크 알림 추가 완료", True),
        ("ko", "디스크 알림 추가 예정", False),
        ("ro", "S-a adăugat o alertă pentru disc", True),
        ("ca", "S'ha afegit una alerta de disc", True),
    ],
)
def test_a_bullet_reports_work_as_done(language: str, bullet: str, done: bool) -> None:  # noqa: FBT001 - what is expected
    sample = SAMPLES[language]
    ((_, _, _, said),) = found(f"# INC-9\n\n{sample.story}\n\n## {sample.action}\n\n- {bullet}\n")
    assert said == done


@pytest.mark.parametrize(
    ("bullet", "due", "day"),
    [
        ("добавить алерт до 1 мая 2026", "2026-05-01", "2026-05-01"),
        ("додати протягом двох тижнів", "протягом двох тижнів", "2026-03-18"),
        ("dodać alert do końca kwietnia", "końca kwietnia", "2026-04-30"),
        ("allarme entro il 1 maggio 2026", "2026-05-01", "2026-05-01"),
        ("디스크 알림 추가 (2026년 5월 1일까지)", "2026-05-01", "2026-05-01"),
        ("디스크 알림 2주 이내 추가", "2주 이내", "2026-03-18"),
        ("alarm 1 Mayıs 2026 tarihine kadar eklenecek", "2026-05-01", "2026-05-01"),
        ("alarm 2 hafta içinde eklenecek", "2 hafta içinde", "2026-03-18"),
        ("hälytys 2 viikon kuluessa", "2 viikon kuluessa", "2026-03-18"),
        ("cảnh báo trước ngày 1 tháng 5 năm 2026", "2026-05-01", "2026-05-01"),
        ("alert do 20. 3. 2026", "2026-03-20", "2026-03-20"),
        ("alerta antes del 1. 4. 2026", "2026-04-01", "2026-04-01"),
        ("riasztás legkésőbb 2026. május 1.", "2026-05-01", "2026-05-01"),
        ("2026年5月1日までにアラートを追加する", "2026-05-01", "2026-05-01"),
    ],
)
def test_due(bullet: str, due: str, day: str) -> None:
    (item,) = parse("p.md", f"# Outage\n\nDate: 2026-03-04\n\n## Action items\n\n- {bullet}\n").items
    assert (item.due, str(item.due_date)) == (due, day)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Naechste Schritte", "action"),
        ("Loesungsvorschlaege", "action"),
        ("Sonraki Teknik Adimlar", "action"),
        ("Next technical steps", "action"),
        ("Empfohlene Sofortmaßnahmen", "action"),
        ("Recommended immediate measures", "action"),
        ("Medidas inmediatas propuestas", "action"),
        ("推荐的临时措施", "action"),
        ("Immediate measures", "phase"),
        ("Sofortmaßnahmen", "phase"),
        ("Recommended fixes", "action"),
        ("Рекомендуемые исправления", "action"),
        ("Zalecane poprawki", "action"),
        ("推奨される修正", "action"),
        ("Fixed at once", None),
        ("Suggested reading", None),
        ("Why this matters", "other"),
        ("Почему это важно", "other"),
        ("なぜ重要か", "other"),
        ("Issue queue", None),
    ],
)
def test_a_name_is_known_in_other_spelling_and_with_a_word_inside(name: str, kind: str | None) -> None:
    assert vocabulary.load().section_kind(name) == kind


@pytest.mark.parametrize(
    "name",
    [
        "Les équipes",
        "Time taken",
        "Make sure it works",
        "Lo que va bien",
        "Meetings held",
        "Daten",
        "Reference",
        "Wie war es",
    ],
)
def test_a_word_of_one_language_means_nothing_in_another(name: str) -> None:
    assert vocabulary.load().section_kind(name) is None


@pytest.mark.parametrize(
    ("language", "group", "tasks"),
    [
        ("ru", "Мониторинг", ["Вывести график", "Настроить пороги"]),
        ("pl", "Monitoring", ["Utworzyć dashboard", "Ustawić progi"]),
        ("cs", "Monitoring", ["Vytvořit dashboard", "Nastavit limity"]),
        ("sv", "Övervakning", ["Skapa en panel", "Sätt gränsvärden"]),
        ("tr", "İzleme", ["Panel oluşturulması", "Eşiklerin güncellenmesi"]),
        ("fi", "Valvonta", ["Luodaan kojelauta", "Lisää hälytys"]),
        ("de", "Monitoring", ["Dashboard erstellen", "Schwellwerte festlegen"]),
        ("es", "Monitoreo", ["Crear tablero", "Definir umbrales"]),
        ("ja", "監視", ["アラートを追加する", "手順書を更新する"]),
        ("zh-Hant", "監控", ["新增磁碟告警", "更新維運手冊"]),
        ("sk", "Monitoring", ["Vytvoriť dashboard", "Nastaviť limity"]),
        ("hr", "Nadzor", ["Postaviti pragove", "Dodavanje grafova"]),
        ("bg", "Наблюдение", ["Добавяне на графика", "Настройка на прагове"]),
    ],
)
def test_a_line_that_only_groups_work_is_none(language: str, group: str, tasks: list[str]) -> None:
    sample = SAMPLES[language]
    bullets = "".join(f"  - {task}\n" for task in tasks)
    assert [t for t, *_ in found(f"# INC-9\n\n{sample.story}\n\n## {sample.action}\n\n- {group}\n{bullets}")] == tasks


@pytest.mark.parametrize(
    ("text", "work"),
    [
        ("## 今後の対応\n\n障害は監視不足が原因でした。ディスク監視を追加します。", ["ディスク監視を追加します。"]),
        ("## 改进措施\n\n本次故障暴露了监控不足的问题。我们将增加磁盘告警。", ["我们将增加磁盘告警。"]),
    ],
)
def test_prose_without_spaces_has_to_say_what_is_to_be_done(text: str, work: list[str]) -> None:
    assert [words for words, *_ in found(text)] == work
