// The machine is its technician's: where else to go. Stays until it is given back.
import QtQuick
import Kiosk
import "../components"

Item {
    id: page
    property var view: ({})
    readonly property bool leave: false
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
            text: page.view.title || ""
            font.pixelSize: Theme.big(80)
            font.bold: true
            Accessible.role: Accessible.Heading
        }
        Label {
            width: parent.width
            horizontalAlignment: Text.AlignHCenter
            text: page.view.lead || ""
            font.pixelSize: Theme.big(44)
        }
    }
}
