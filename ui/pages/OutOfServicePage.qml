// A technician works at the machine: says until when, and where else to go, until the work is done.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

BarePage {
    id: page
    readonly property OutOfServiceContent shown: view as OutOfServiceContent
    leave: false
    // The switches of the lowered layout stand at the bottom.
    readonly property int usable: !Theme.lowered ? height
        : height - Theme.foot - Theme.touch - (Theme.wide ? 0 : Theme.least + 2 * Theme.gap)
    readonly property bool beside: Theme.wide && nearest.wanted
    Column {
        id: words
        x: Theme.side
        y: Math.max(24, (page.usable - height - (nearest.wanted && !page.beside ? nearest.height + 64 : 0)) / 2)
        width: page.beside ? 860 : parent.width - 2 * Theme.side
        spacing: Theme.wide ? 20 : 32
        Rectangle {
            visible: !(Theme.wide && Theme.elder)   // which leaves room for the words only
            width: Theme.wide ? 160 : 200
            height: width
            radius: width / 2
            color: Theme.toneTint("attention")
            anchors.horizontalCenter: parent.horizontalCenter
            Icon { anchors.centerIn: parent; name: "clock"; color: Theme.toneColor("attention"); size: parent.width * 0.6 }
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: page.shown.title
            font.pixelSize: Theme.big(80)
            font.bold: true
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            visible: text.length > 0
            horizontalAlignment: Text.AlignHCenter
            text: page.shown.until
            font.pixelSize: Theme.big(60)
            color: Theme.amber
            font.bold: true
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: page.shown.lead
            font.pixelSize: Theme.big(44)
        }
    }
    Item {
        id: nearest
        readonly property bool wanted: page.shown.nearest.length > 0
        visible: wanted
        x: page.beside ? words.x + words.width + 56 : Theme.side
        y: page.beside ? Math.max(24, (page.usable - height) / 2) : words.y + words.height + 64
        width: parent.width - x - Theme.side
        height: places.y + places.height
        Label {
            id: head
            width: parent.width
            text: page.shown.places
            font.pixelSize: Theme.lead
            color: Theme.soft
        }
        FactCard {
            id: places
            y: head.height + 16
            width: parent.width
            facts: page.shown.nearest
            most: page.usable - (page.beside ? 48 : words.height + 64 + 48) - y
        }
    }
}
