// A technician works at the machine: says where else to go, until the technician has finished.
pragma ComponentBehavior: Bound
import QtQuick
import Kiosk
import "../components"

BarePage {
    id: page
    readonly property OutOfServiceContent shown: view as OutOfServiceContent
    leave: false
    Column {
        anchors.horizontalCenter: parent.horizontalCenter
        y: (parent.height - height) / 2 - (Theme.lowered && Theme.wide ? 40 : 0)
        width: parent.width - 2 * Theme.side
        spacing: Theme.wide ? 20 : 32
        Rectangle {
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
            horizontalAlignment: Text.AlignHCenter
            text: page.shown.lead
            font.pixelSize: Theme.big(44)
        }
    }
}
